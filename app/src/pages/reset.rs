use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::sign_up::{error, password_field};
use crate::components::form::{ONLY_BUTTON, hidden, submit};
use crate::components::icon::Icon;
use crate::components::link::button_link;
use crate::components::message::{Mark, Message};
use crate::components::outcome::outcome_notice;
use crate::flash::{Form, Outcome};
use crate::forms::accounts::Reset;
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// A new password by way of a link, or word that the link is used or too old.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let Content::Reset { lives, token } = &visit.content else {
        return None;
    };
    let w = visit.words();
    let inside = if *lives {
        form(w, visit, token)
    } else {
        dead(w)
    };
    Some(view! { <main id="main" class="wrap">{inside}</main> }.into_any())
}

fn form(w: Words, visit: &Visit, token: &str) -> AnyView {
    let flash = visit
        .flash
        .as_ref()
        .filter(|flash| flash.form == Form::Reset);
    let wrong = error(w, flash, &[Outcome::BadPassword]);
    view! {
        <div class="narrow centre">
            <h1>{w.say("auth-reset-title")}</h1>
            <p class="lead">{w.say("auth-reset-lead")}</p>
            {outcome_notice(w, flash, Form::Reset)}
            <form class="form" method="post" action=Reset::PATH>
                {hidden("token", token)}
                {password_field(w, w.say("auth-password-new"), wrong)}
                {submit(ONLY_BUTTON, w.say("auth-reset-button"), w.say("auth-reset-pending"))}
            </form>
        </div>
    }
    .into_any()
}

fn dead(w: Words) -> AnyView {
    let buttons = vec![button_link(
        "main",
        routes::FORGOT,
        w.say("auth-reset-bad-button"),
    )];
    view! {
        <Message
            mark=Mark::Bad
            image=Icon::Close
            title=w.say("auth-reset-bad-title")
            lead=w.say("auth-reset-bad-text")
            buttons=buttons
        />
    }
    .into_any()
}
