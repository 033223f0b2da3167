use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::sign_up::error;
use crate::components::field::Field;
use crate::components::form::{ONLY_BUTTON, submit};
use crate::components::link::button_link;
use crate::flash::{Form, Outcome};
use crate::forms::accounts::Forgot;
use crate::i18n::Words;
use crate::letters::RESET_MINUTES;
use crate::routes;
use crate::visit::Visit;

/// Asks for the letter; afterwards says the same whether or not the address has an account.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let flash = visit
        .flash
        .as_ref()
        .filter(|flash| flash.form == Form::Forgot);
    let inside = match flash {
        Some(flash) if flash.has(Outcome::Sent) => {
            sent(w, flash.typed("email"), visit.is_sandbox())
        }
        _ => form(w, visit),
    };
    let main = view! {
        <main id="main" class="wrap"><div class="narrow centre">{inside}</div></main>
    };
    Some(main.into_any())
}

fn form(w: Words, visit: &Visit) -> AnyView {
    let flash = visit
        .flash
        .as_ref()
        .filter(|flash| flash.form == Form::Forgot);
    let typed = flash
        .map(|flash| flash.typed("email").to_owned())
        .unwrap_or_default();
    let lead = w.say_with("auth-forgot-lead", &[("minutes", RESET_MINUTES.into())]);
    let wrong = error(w, flash, &[Outcome::BadEmail, Outcome::Unexpected]);
    view! {
        <h1>{w.say("auth-forgot-title")}</h1>
        <p class="lead">{lead}</p>
        <form class="form" method="post" action=Forgot::PATH>
            <Field
                w=w name="email" label=w.say("auth-email") kind="email" autocomplete="email"
                value=typed error=wrong
            />
            {submit(ONLY_BUTTON, w.say("auth-forgot-button"), w.say("auth-forgot-pending"))}
        </form>
    }
    .into_any()
}

fn sent(w: Words, email: &str, sandbox: bool) -> AnyView {
    let args = [("email", email.into()), ("minutes", RESET_MINUTES.into())];
    let mail =
        sandbox.then(|| button_link("", routes::SANDBOX_MAIL, w.say("auth-forgot-sent-sandbox")));
    view! {
        <h1>{w.say("auth-forgot-sent-title")}</h1>
        <p class="lead">{w.say_with("auth-forgot-sent-text", &args)}</p>
        <p class="soft">{w.say("auth-forgot-sent-none")}</p>
        <div class="row">
            {mail}
            {button_link("plain", routes::FORGOT, w.say("auth-forgot-again"))}
        </div>
    }
    .into_any()
}
