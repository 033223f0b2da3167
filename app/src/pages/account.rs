use atelier_server::accounts::{ApiToken, Language, OpenSession, Password, Scope, User};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::components::device::device;
use crate::components::field::{Field, field_error};
use crate::components::form::{hidden, submit};
use crate::components::link::text_link;
use crate::components::outcome::{outcome_notice, say_outcome};
use crate::flash::{Flash, Form, Outcome};
use crate::forms::access::{
    ChangeEmail, ChangePassword, CreateToken, DeleteAccount, EndOtherSessions, EndSession,
    LONGEST_TOKEN_NAME, RevokeToken,
};
use crate::forms::accounts::{
    ChangeLanguage, ChangeName, LONGEST_NAME, ResendVerification, SignOut,
};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{AccountPage, Content, Visit};

/// Name, address, language, password, sessions, API tokens, and the way out.
pub fn page(visit: &Visit) -> Option<AnyView> {
    let user = visit.user.as_ref()?;
    let w = visit.words();
    let since = w.say_with("account-since", &[("date", w.date(user.created_at).into())]);
    let Content::Account(page) = &visit.content else {
        return None;
    };
    let flash = visit.flash.as_ref();
    let forms = [
        Form::Account,
        Form::Email,
        Form::Password,
        Form::Sessions,
        Form::Tokens,
        Form::Deletion,
    ];
    let notice = forms
        .into_iter()
        .find_map(|form| outcome_notice(w, flash, form));
    let notice = notice.map(|notice| view! { <div class="notices">{notice}</div> });
    let main = view! {
        <main id="main" class="wrap">
            <div class="head"><div><h1>{w.say("account-title")}</h1><p class="lead">{since}</p></div></div>
            {notice}
            <div class="settings">
                {profile(w, user)}
                {email(w, user, page, flash)}
                {language(w)}
                {password(w, flash)}
                {sessions(w, page)}
                {tokens(w, user, page, flash)}
                {export(w)}
                {sign_out(w)}
                {deletion(w, page, flash.filter(|flash| flash.form == Form::Deletion))}
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

fn email(w: Words, user: &User, page: &AccountPage, flash: Option<&Flash>) -> AnyView {
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
        <section id="email">
            <h2>{w.say("auth-email")}</h2>
            <p>{address}<span class="state" data-value=value>{said}</span></p>
            {resend}
            {email_form(w, page, flash.filter(|flash| flash.form == Form::Email))}
        </section>
    }
    .into_any()
}

/// The way to another address, or why there is none here.
fn email_form(w: Words, page: &AccountPage, flash: Option<&Flash>) -> AnyView {
    if page.ways.kept_elsewhere {
        return view! { <p class="soft">{w.say("account-email-elsewhere")}</p> }.into_any();
    }
    if !page.ways.has_password {
        return password_first(w);
    }
    let at = |outcomes: &[Outcome]| first_of(w, flash, Form::Email, outcomes);
    let refused = flash.filter(|flash| !flash.has(Outcome::ChangeLinkSent));
    let typed = refused.map_or("", |flash| flash.typed("email")).to_owned();
    view! {
        <form class="form" method="post" action=ChangeEmail::PATH>
            <Field
                w=w name="email" label=w.say("account-email-new") kind="email" autocomplete="email"
                hint=w.say("account-email-hint") value=typed
                error=at(&[Outcome::BadEmail, Outcome::SameEmail])
            />
            <Field
                w=w name="email_password" label=w.say("account-password-present") kind="password"
                autocomplete="current-password" error=at(&[Outcome::WrongPassword])
            />
            <div>{submit("", w.say("account-email-button"), w.say("account-email-resend-pending"))}</div>
        </form>
    }
    .into_any()
}

/// Without a password nothing here proves who asks.
fn password_first(w: Words) -> AnyView {
    view! {
        <p class="soft">{w.say("account-password-first")}</p>
        <div>{text_link(routes::FORGOT, w.say("account-password-choose"))}</div>
    }
    .into_any()
}

/// The first of `outcomes` that happened to a form, in words.
fn first_of(w: Words, flash: Option<&Flash>, form: Form, outcomes: &[Outcome]) -> Option<String> {
    let flash = flash?;
    let mut happened = outcomes.iter().filter(|outcome| flash.has(**outcome));
    let outcome = happened.next()?;
    Some(say_outcome(w, form, *outcome, None))
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

fn password(w: Words, flash: Option<&Flash>) -> AnyView {
    let flash = flash.filter(|flash| flash.form == Form::Password);
    let at = |outcome| {
        let happened = flash.is_some_and(|flash| flash.has(outcome));
        happened.then(|| say_outcome(w, Form::Password, outcome, None))
    };
    let least = [("n", Password::SHORTEST.to_string().into())];
    view! {
        <section id="password">
            <h2>{w.say("account-password")}</h2>
            <form class="form" method="post" action=ChangePassword::PATH>
                <Field
                    w=w name="present" label=w.say("account-password-present") kind="password"
                    autocomplete="current-password" error=at(Outcome::WrongPassword)
                />
                <Field
                    w=w name="password" label=w.say("auth-password-new") kind="password"
                    autocomplete="new-password" hint=w.say_with("auth-password-hint", &least)
                    error=at(Outcome::BadPassword) minlength=Password::SHORTEST maxlength=Password::LONGEST
                />
                <p class="hint">{w.say("account-password-note")}</p>
                <div class="beside">
                    {submit("", w.say("account-password-button"), w.say("account-name-pending"))}
                    {text_link(routes::FORGOT, w.say("account-password-forgot"))}
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn sessions(w: Words, page: &AccountPage) -> AnyView {
    let others = page.sessions.len() > 1;
    let rows: Vec<_> = page
        .sessions
        .iter()
        .map(|open| session_row(w, page, open))
        .collect();
    let all = others.then(|| {
        view! {
            <form method="post" action=EndOtherSessions::PATH>
                {submit("", w.say("account-sessions-end"), w.say("account-session-ending"))}
            </form>
        }
    });
    view! {
        <section id="sessions">
            <h2>{w.say("account-sessions")}</h2>
            <p class="soft">{w.say("account-sessions-text")}</p>
            <ul class="rows">{rows}</ul>
            {all}
        </section>
    }
    .into_any()
}

fn session_row(w: Words, page: &AccountPage, open: &OpenSession) -> AnyView {
    let name = device(w, &open.device);
    let here = page.here.as_deref() == Some(open.id.as_str());
    let since = w.say_with(
        "account-session-since",
        &[("date", w.date(open.created_at).into())],
    );
    let end = if here {
        view! { <span class="state" data-value="completed">{w.say("account-session-here")}</span> }
            .into_any()
    } else {
        let label = w.say_with("account-session-end", &[("device", name.clone().into())]);
        view! {
            <form method="post" action=EndSession::PATH>
                {hidden("id", open.id.clone())}
                <button class="button plain" aria-label=label data-pending=w.say("account-session-ending")>
                    {w.say("bar-sign-out")}
                </button>
            </form>
        }
        .into_any()
    };
    view! { <li><div><strong>{name}</strong><span class="soft">{since}</span></div>{end}</li> }
        .into_any()
}

fn tokens(w: Words, user: &User, page: &AccountPage, flash: Option<&Flash>) -> AnyView {
    let rows: Vec<_> = page
        .tokens
        .iter()
        .map(|token| token_row(w, token))
        .collect();
    let list = (!rows.is_empty()).then(|| view! { <ul class="rows">{rows}</ul> });
    let new = page.new_token.clone().map(|secret| {
        view! {
            <div class="field">
                <label for="f-secret">{w.say("account-token-secret")}</label>
                <p class="hint" id="f-secret-hint">{w.say("account-token-once")}</p>
                <input class="input code" id="f-secret" readonly=true value=secret aria-describedby="f-secret-hint"/>
            </div>
        }
    });
    view! {
        <section id="tokens">
            <h2>{w.say("account-tokens")}</h2>
            <p class="soft">{w.say("account-tokens-text")}</p>
            {new}
            {list}
            {token_form(w, user, flash.filter(|flash| flash.form == Form::Tokens))}
        </section>
    }
    .into_any()
}

fn token_form(w: Words, user: &User, flash: Option<&Flash>) -> AnyView {
    let scopes: Vec<_> = Scope::ALL
        .iter()
        .filter(|scope| scope.allowed_for(user.role))
        .map(|scope| scope_box(w, *scope))
        .collect();
    let missing = flash.is_some_and(|flash| flash.has(Outcome::ScopeMissing));
    let error = missing.then(|| say_outcome(w, Form::Tokens, Outcome::ScopeMissing, None));
    let error = error.map(|said| field_error("f-scopes-error".to_owned(), said, None));
    let described = missing.then_some("f-scopes-error");
    let typed = flash.map_or("", |flash| flash.typed("label")).to_owned();
    view! {
        <form class="form" method="post" action=CreateToken::PATH>
            <Field
                w=w name="label" label=w.say("account-token-name") autocomplete="off" optional=true
                hint=w.say("account-token-name-hint") value=typed maxlength=LONGEST_TOKEN_NAME
            />
            <fieldset class="field" aria-describedby=described>
                <legend>{w.say("account-token-scopes")}</legend>
                {scopes}
                {error}
            </fieldset>
            <div>{submit("", w.say("account-token-create"), w.say("account-token-creating"))}</div>
        </form>
    }
    .into_any()
}

fn scope_box(w: Words, scope: Scope) -> AnyView {
    view! {
        <label class="check">
            <input type="checkbox" name="scopes[]" value=scope.as_str()/>
            <span><code>{scope.as_str()}</code>" "{w.say(scope_key(scope))}</span>
        </label>
    }
    .into_any()
}

const fn scope_key(scope: Scope) -> &'static str {
    match scope {
        Scope::CreditsRead => "scope-credits-read",
        Scope::CreditsSpend => "scope-credits-spend",
        Scope::Jobs => "scope-jobs",
        Scope::CreditsWrite => "scope-credits-write",
        Scope::UsersSync => "scope-users-sync",
        Scope::Admin => "scope-admin",
    }
}

fn token_row(w: Words, token: &ApiToken) -> AnyView {
    let name = if token.name.is_empty() {
        w.say("account-token-unnamed")
    } else {
        token.name.clone()
    };
    let made = w.say_with(
        "account-token-since",
        &[("date", w.date(token.created_at).into())],
    );
    let used = match token.last_used_at {
        Some(at) => w.say_with("account-token-used", &[("date", w.moment(at).into())]),
        None => w.say("account-token-unused"),
    };
    let scopes: Vec<_> = token
        .scopes
        .iter()
        .map(|scope| view! { <code>{scope.as_str()}</code>" " })
        .collect();
    let label = w.say_with("account-token-revoke-one", &[("name", name.clone().into())]);
    view! {
        <li>
            <div>
                <strong>{name}</strong>
                <span>{scopes}</span>
                <span class="soft">{made}" · "{used}</span>
            </div>
            <form method="post" action=RevokeToken::PATH>
                {hidden("id", token.id.to_string())}
                <button class="button plain" aria-label=label data-pending=w.say("account-token-revoking")>
                    {w.say("account-token-revoke")}
                </button>
            </form>
        </li>
    }
    .into_any()
}

fn export(w: Words) -> AnyView {
    view! {
        <section id="export">
            <h2>{w.say("account-export")}</h2>
            <p class="soft">{w.say("account-export-text")}</p>
            <div><a class="button" href=routes::EXPORT download="">{w.say("account-export-button")}</a></div>
        </section>
    }
    .into_any()
}

fn deletion(w: Words, page: &AccountPage, flash: Option<&Flash>) -> AnyView {
    let at = |outcome| first_of(w, flash, Form::Deletion, &[outcome]);
    let typed = flash.map_or("", |flash| flash.typed("deletion_email"));
    let way = if page.ways.has_password {
        view! {
            <form class="form" method="post" action=DeleteAccount::PATH>
                <Field
                    w=w name="deletion_email" label=w.say("account-delete-email") kind="email"
                    autocomplete="off" value=typed.to_owned() error=at(Outcome::OtherEmail)
                />
                <Field
                    w=w name="deletion_password" label=w.say("account-password-present")
                    kind="password" autocomplete="current-password" error=at(Outcome::WrongPassword)
                />
                <div>{submit("danger", w.say("account-delete-button"), w.say("account-delete-pending"))}</div>
            </form>
        }
        .into_any()
    } else {
        password_first(w)
    };
    view! {
        <section id="delete">
            <h2>{w.say("account-delete")}</h2>
            <p>{w.say("account-delete-goes")}</p>
            <p>{w.say("account-delete-plan")}</p>
            <p class="soft">{w.say("account-delete-stays")}</p>
            {way}
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
