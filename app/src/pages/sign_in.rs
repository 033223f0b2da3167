use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::sign_up::next_field;
use crate::components::demo::demo_lines;
use crate::components::field::Field;
use crate::components::form::{ONLY_BUTTON, submit};
use crate::components::link::text_link;
use crate::components::notice::Notice;
use crate::components::outcome::outcome_notice;
use crate::flash::Form;
use crate::forms::accounts::SignIn;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Visit, is_success};

pub fn page(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let notice = outcome_notice(w, visit.flash.as_ref(), Form::SignIn)
        .or_else(|| why_here(w, visit.asked("next")));
    let new = w.followed(w.say("auth-sign-in-new"));
    let demo: Vec<_> = demo_lines(w)
        .into_iter()
        .map(|line| view! { <p class="note">{line}</p> })
        .collect();
    let main = view! {
        <main id="main" class="wrap">
            <div class="narrow centre">
                <h1>{w.say("auth-sign-in-title")}</h1>
                {notice}
                {form(w, visit)}
                <p class="soft">{new}{text_link(sign_up(visit), w.say("bar-sign-up"))}</p>
                {demo}
            </div>
        </main>
    };
    Some(main.into_any())
}

/// Creating an account leads on to the same place.
fn sign_up(visit: &Visit) -> String {
    match visit.asked("next") {
        "" => routes::SIGN_UP.to_owned(),
        next => routes::sign_up_then(next),
    }
}

/// Says why somebody who wanted elsewhere stands here.
fn why_here(w: Words, next: &str) -> Option<AnyView> {
    let path = next.split('?').next().filter(|path| !path.is_empty())?;
    let text = if is_success(path) {
        w.say("auth-sign-in-paid")
    } else {
        w.say("auth-sign-in-first")
    };
    Some(view! { <Notice><p>{text}</p></Notice> }.into_any())
}

fn form(w: Words, visit: &Visit) -> AnyView {
    let flash = visit
        .flash
        .as_ref()
        .filter(|flash| flash.form == Form::SignIn);
    let email = flash
        .map(|flash| flash.typed("email").to_owned())
        .unwrap_or_default();
    view! {
        <form class="form" method="post" action=SignIn::PATH>
            {next_field(visit)}
            <Field
                w=w name="email" label=w.say("auth-email") kind="email" autocomplete="username"
                value=email
            />
            <Field
                w=w name="password" label=w.say("auth-password") kind="password"
                autocomplete="current-password"
            />
            {submit(ONLY_BUTTON, w.say("auth-sign-in-button"), w.say("auth-sign-in-pending"))}
            <p>{text_link(routes::FORGOT, w.say("auth-forgot-link"))}</p>
        </form>
    }
    .into_any()
}
