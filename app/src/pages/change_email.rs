use atelier_server::accounts::EmailChange;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::components::form::{ONLY_BUTTON, hidden, submit};
use crate::components::icon::Icon;
use crate::components::link::button_link;
use crate::components::message::{Mark, Message};
use crate::components::notice::{Notice, Tone};
use crate::flash::{Flash, Form, Outcome};
use crate::forms::access::ConfirmEmail;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// Where the link to a new address leads: it asks, because programs that scan letters open links too.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::EmailChange { change, token } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let inside = match change {
        EmailChange::Open { email } => form(w, email, token, visit.flash.as_ref()),
        EmailChange::Done => done(w),
        EmailChange::Dead => dead(w),
    };
    Some(view! { <main id="main" class="wrap">{inside}</main> }.into_any())
}

fn form(w: Words, email: &str, token: &str, flash: Option<&Flash>) -> AnyView {
    let taken =
        flash.is_some_and(|flash| flash.form == Form::Email && flash.has(Outcome::EmailTaken));
    let notice = taken.then(|| {
        view! { <Notice tone=Tone::Bad answer=true><p>{w.say("auth-change-taken")}</p></Notice> }
    });
    view! {
        <div class="narrow centre">
            <h1>{w.say("auth-change-title")}</h1>
            <p class="lead">{w.say_with("auth-change-lead", &[("email", email.to_owned().into())])}</p>
            {notice}
            <form class="form" method="post" action=ConfirmEmail::PATH>
                {hidden("token", token)}
                {submit(ONLY_BUTTON, w.say("auth-change-button"), w.say("auth-change-pending"))}
            </form>
        </div>
    }
    .into_any()
}

fn done(w: Words) -> AnyView {
    let buttons = vec![button_link(
        "main",
        routes::ACCOUNT,
        w.say("auth-change-done-button"),
    )];
    view! {
        <Message
            mark=Mark::Good
            image=Icon::Check
            title=w.say("auth-change-done-title")
            lead=w.say("auth-change-done-text")
            buttons=buttons
        />
    }
    .into_any()
}

fn dead(w: Words) -> AnyView {
    let buttons = vec![button_link(
        "main",
        routes::ACCOUNT,
        w.say("auth-verify-bad-button"),
    )];
    view! {
        <Message
            mark=Mark::Bad
            image=Icon::Close
            title=w.say("auth-change-bad-title")
            lead=w.say("auth-change-bad-text")
            buttons=buttons
        />
    }
    .into_any()
}
