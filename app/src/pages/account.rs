use atelier_server::accounts::{Language, User};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::components::field::Field;
use crate::components::form::{hidden, submit};
use crate::components::link::button_link;
use crate::components::outcome::outcome_notice;
use crate::flash::Form;
use crate::forms::accounts::{
    ChangeLanguage, ChangeName, LONGEST_NAME, ResendVerification, SignOut,
};
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

/// Name, address, language, password, and the way out.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let user = visit.user.as_ref()?;
    let w = visit.words();
    let since = w.say_with("account-since", &[("date", w.date(user.created_at).into())]);
    let notice = outcome_notice(w, visit.flash.as_ref(), Form::Account);
    let notice = notice.map(|notice| view! { <div class="notices">{notice}</div> });
    let main = view! {
        <main id="main" class="wrap">
            <div class="head"><div><h1>{w.say("account-title")}</h1><p class="lead">{since}</p></div></div>
            {notice}
            <div class="settings">
                {profile(w, user)}
                {email(w, user)}
                {language(w)}
                {password(w)}
                {sign_out(w)}
            </div>
        </main>
    };
    Some(main.into_any())
}

fn profile(w: Words, user: &User) -> AnyView {
    view! {
        <section>
            <h2>{w.say("account-profile")}</h2>
            <form class="form" method="post" action=ChangeName::PATH>
                <Field
                    w=w name="name" label=w.say("auth-name") autocomplete="name" optional=true
                    hint=w.say("auth-name-hint") value=user.name.clone() maxlength=LONGEST_NAME
                />
                <div>{submit("", w.say("account-name-save"), w.say("account-name-pending"))}</div>
            </form>
        </section>
    }
    .into_any()
}

fn email(w: Words, user: &User) -> AnyView {
    let address = format!("{} ", user.email);
    let (value, said) = if user.verified {
        ("completed", w.say("account-email-verified"))
    } else {
        ("pending", w.say("account-email-unverified"))
    };
    let resend = (!user.verified).then(|| {
        let (label, pending) = (
            w.say("account-email-resend"),
            w.say("account-email-resend-pending"),
        );
        view! {
            <form method="post" action=ResendVerification::PATH>{submit("", label, pending)}</form>
        }
    });
    view! {
        <section>
            <h2>{w.say("auth-email")}</h2>
            <p>{address}<span class="state" data-value=value>{said}</span></p>
            {resend}
        </section>
    }
    .into_any()
}

fn language(w: Words) -> AnyView {
    let choices: Vec<_> = Language::ALL
        .iter()
        .map(|language| {
            let tag = language.as_str();
            let name = Words(*language).say("language-name");
            view! {
                <label class="choice">
                    <input type="radio" name="language" value=tag checked=*language == w.0/>
                    <span lang=tag>{name}</span>
                </label>
            }
        })
        .collect();
    view! {
        <section>
            <h2>{w.say("account-language")}</h2>
            <form class="form" method="post" action=ChangeLanguage::PATH>
                {hidden("next", routes::ACCOUNT)}
                <fieldset class="field">
                    <legend>{w.say("account-language-text")}</legend>
                    <div class="choices">{choices}</div>
                </fieldset>
                <div>{submit("", w.say("account-language-save"), w.say("account-name-pending"))}</div>
            </form>
        </section>
    }
    .into_any()
}

fn password(w: Words) -> AnyView {
    view! {
        <section>
            <h2>{w.say("account-password")}</h2>
            <p class="soft">{w.say("account-password-text")}</p>
            <p>{button_link("", routes::FORGOT, w.say("account-password-button"))}</p>
        </section>
    }
    .into_any()
}

fn sign_out(w: Words) -> AnyView {
    view! {
        <section>
            <h2>{w.say("account-sign-out")}</h2>
            <p class="soft">{w.say("account-sign-out-text")}</p>
            <form method="post" action=SignOut::PATH>
                {submit("", w.say("bar-sign-out"), w.say("auth-sign-out-pending"))}
            </form>
        </section>
    }
    .into_any()
}
