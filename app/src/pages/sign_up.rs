use atelier_server::accounts::Password;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::components::field::Field;
use crate::components::form::{ONLY_BUTTON, hidden, submit};
use crate::components::link::text_link;
use crate::components::outcome::{outcome_notice, say_outcome};
use crate::components::sentence::sentence;
use crate::flash::{Flash, Form, Outcome};
use crate::forms::accounts::{LONGEST_NAME, SignUp};
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

pub fn page(visit: &Visit) -> Option<AnyView> {
    let w = visit.words();
    let initial = &visit.services.catalog.initial;
    let args = [
        ("credits", w.number(initial.credits).into()),
        ("trials", w.number(initial.trials).into()),
    ];
    let have = w.followed(w.say("auth-sign-up-have"));
    let main = view! {
        <main id="main" class="wrap">
            <div class="narrow centre">
                <h1>{w.say("auth-sign-up-title")}</h1>
                <p class="lead">{w.say_with("auth-sign-up-lead", &args)}</p>
                {outcome_notice(w, visit.flash.as_ref(), Form::SignUp)}
                {form(w, visit)}
                <p class="soft">{have}{text_link(routes::SIGN_IN, w.say("bar-sign-in"))}</p>
            </div>
        </main>
    };
    Some(main.into_any())
}

fn form(w: Words, visit: &Visit) -> AnyView {
    let flash = visit
        .flash
        .as_ref()
        .filter(|flash| flash.form == Form::SignUp);
    let typed = |field: &str| {
        flash
            .map(|flash| flash.typed(field).to_owned())
            .unwrap_or_default()
    };
    let taken = flash.is_some_and(|flash| flash.has(Outcome::EmailTaken));
    let instead = taken.then(|| {
        view! { " "{text_link(routes::SIGN_IN, w.say("field-email-taken-link"))} }.into_any()
    });
    view! {
        <form class="form" method="post" action=SignUp::PATH>
            {next_field(visit)}
            <Field
                w=w name="name" label=w.say("auth-name") autocomplete="name" optional=true
                hint=w.say("auth-name-hint") value=typed("name") maxlength=LONGEST_NAME
            />
            <Field
                w=w name="email" label=w.say("auth-email") kind="email" autocomplete="email"
                value=typed("email") error_link=instead
                error=error(w, flash, &[Outcome::BadEmail, Outcome::EmailTaken])
            />
            {password_field(w, w.say("auth-password"), error(w, flash, &[Outcome::BadPassword]))}
            <p class="note">{accepting(w)}</p>
            {submit(ONLY_BUTTON, w.say("auth-sign-up-button"), w.say("auth-sign-up-pending"))}
        </form>
    }
    .into_any()
}

fn accepting(w: Words) -> Vec<AnyView> {
    let links = [
        ("terms", routes::TERMS, w.say("foot-terms")),
        ("privacy", routes::PRIVACY, w.say("foot-privacy")),
    ];
    sentence(w, "auth-sign-up-terms", &links)
}

/// Where to go on afterwards, if the way led here from a page of its own.
pub fn next_field(visit: &Visit) -> Option<AnyView> {
    let next = visit.asked("next");
    (!next.is_empty()).then(|| hidden("next", next))
}

/// The first of `outcomes` that happened, in words.
pub fn error(w: Words, flash: Option<&Flash>, outcomes: &[Outcome]) -> Option<String> {
    let flash = flash?;
    let outcome = outcomes.iter().find(|outcome| flash.has(**outcome))?;
    Some(say_outcome(w, flash.form, *outcome, None))
}

/// The field for a password that is being chosen.
pub fn password_field(w: Words, label: String, error: Option<String>) -> AnyView {
    let hint = [("n", Password::SHORTEST.to_string().into())];
    view! {
        <Field
            w=w name="password" label=label kind="password" autocomplete="new-password"
            hint=w.say_with("auth-password-hint", &hint)
            minlength=Password::SHORTEST maxlength=Password::LONGEST error=error
        />
    }
    .into_any()
}
