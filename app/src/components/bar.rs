use atelier_server::accounts::User;
use atelier_server::credits::Wallet;
use leptos::prelude::*;

use super::figure::live_figure;
use super::link::{button_link, text_link};
use crate::i18n::Words;
use crate::routes;
use crate::visit::{Content, Visit};

/// What stands above every page: the way to its content, the sandbox's ribbon, navigation, balance.
pub fn top(visit: &Visit) -> AnyView {
    let w = visit.words();
    let ribbon = visit.is_sandbox().then(|| ribbon(w));
    let nav = nav(w, &visit.path, &visit.address(), visit.user.as_ref());
    let money = match (&visit.wallet, &visit.content) {
        (Some(wallet), _) => Some(balance(w, wallet)),
        // Nobody was asked for, so nobody is told to sign in.
        (None, Content::Refused(_)) => None,
        (None, _) => Some(ways_in(w)),
    };
    view! {
        <header class="top">
            <a class="skip" href="#main">{w.say("common-skip")}</a>
            {ribbon}
            <p class="offline" id="offline" role="status" hidden=true>{w.say("common-offline")}</p>
            <div class="bar">
                <div class="wrap">
                    <a class="brand" href=routes::HOME aria-label=w.say("bar-home")>{w.say("bar-brand")}</a>
                    {nav}
                    <div class="bar-money">{money}</div>
                </div>
            </div>
        </header>
    }
    .into_any()
}

fn ribbon(w: Words) -> impl IntoView {
    let text = w.followed(w.say("common-sandbox"));
    view! { <p class="ribbon">{text}{text_link(routes::SANDBOX, w.say("common-sandbox-more"))}</p> }
}

const PERSONAL: [(&str, &str); 6] = [
    (routes::TRY_ON, "bar-try-on"),
    (routes::VIDEO, "bar-video"),
    (routes::DASHBOARD, "bar-dashboard"),
    (routes::PAYMENTS, "bar-payments"),
    (routes::STATEMENT, "bar-statement"),
    (routes::ACCOUNT, "bar-account"),
];

const OPERATOR: (&str, &str) = (routes::ADMIN, "bar-admin");

/// What the balance and its button lead to as well.
const BESIDE: [&str; 2] = [routes::PAYMENTS, routes::STATEMENT];

/// The prices, which stand on the home page.
const PRICES: &str = "/#prices";

fn nav(w: Words, path: &str, address: &str, user: Option<&User>) -> impl IntoView + use<> {
    let operator = user.filter(|user| user.is_admin()).map(|_| OPERATOR);
    let places: Vec<_> = match user {
        Some(_) => &PERSONAL[..],
        None => &[(PRICES, "bar-prices")],
    }
    .iter()
    .chain(&operator)
    .map(|(href, key)| {
        let current = match path.starts_with(routes::ADMIN) {
            true => *href == routes::ADMIN,
            false => *href == path,
        };
        let current = current.then_some("page");
        let beside = BESIDE.contains(href).then_some("beside");
        view! { <li class=beside><a href=*href aria-current=current>{w.say(key)}</a></li> }
    })
    .collect();
    view! {
        <nav aria-label=w.say("bar-label")>
            <ul>{places}<li>{language_link(w.other(), address)}</li></ul>
        </nav>
    }
}

/// The same page in the other language, said in that language.
fn language_link(other: Words, address: &str) -> impl IntoView + use<> {
    let tag = other.0.as_str();
    let href = format!("/{tag}{address}");
    view! {
        <a href=href hreflang=tag lang=tag aria-label=other.say("language-switch")>
            {other.say("language-name")}
        </a>
    }
}

fn balance(w: Words, wallet: &Wallet) -> AnyView {
    let remaining = wallet.figures.remaining;
    view! {
        <a class="chip" href=routes::STATEMENT>
            {live_figure(w, "credits-remaining", "", remaining)}
            " "
            <span data-live-region="bar-unit">{w.count("bar-unit", remaining)}</span>
        </a>
        {button_link("main", routes::PAYMENTS, w.say("bar-recharge"))}
    }
    .into_any()
}

fn ways_in(w: Words) -> AnyView {
    view! {
        {button_link("", routes::SIGN_IN, w.say("bar-sign-in"))}
        {button_link("main", routes::SIGN_UP, w.say("bar-sign-up"))}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::{Language, Role};
    use atelier_server::ids::UserId;
    use atelier_server::time::Timestamp;

    use super::*;

    fn somebody(role: Role) -> User {
        let at = Timestamp::from_seconds(1);
        User {
            id: UserId::new(at),
            email: "ann@example.com".to_owned(),
            name: String::new(),
            role,
            language: None,
            verified: true,
            blocked: false,
            created_at: at,
            access_epoch: 0,
        }
    }

    #[test]
    fn only_an_operator_is_led_to_the_admin_pages() {
        for (role, shown) in [(Role::User, false), (Role::Admin, true)] {
            let html = nav(
                Words(Language::En),
                "/dashboard",
                "/dashboard",
                Some(&somebody(role)),
            );
            assert_eq!(html.to_html().contains("href=\"/admin\""), shown);
        }
    }

    #[test]
    fn the_page_one_is_on_is_marked() {
        let html = nav(
            Words(Language::En),
            "/payments",
            "/payments?x=1",
            Some(&somebody(Role::User)),
        )
        .to_html();
        assert_eq!(html.matches("aria-current=\"page\"").count(), 1, "{html}");
        assert!(
            html.contains("href=\"/payments\" aria-current=\"page\""),
            "{html}"
        );
    }

    #[test]
    fn the_other_language_keeps_path_and_query() {
        let html = nav(Words(Language::En), "/payments", "/payments?x=1", None).to_html();
        assert!(html.contains("href=\"/zh/payments?x=1\""), "{html}");
        assert!(html.contains(">中文</a>"), "{html}");
    }
}
