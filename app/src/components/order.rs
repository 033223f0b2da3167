use atelier_server::catalog::Pack;
use atelier_server::credits::{PaidBy, Period, Price, Wallet};
use leptos::prelude::*;

use super::link::button_link;
use super::notice::Notice;
use crate::i18n::Words;
use crate::routes;

/// What a try-on takes from this wallet, or what is missing and the way to buy instead of the
/// button.
pub fn order(w: Words, wallet: &Wallet, price: Price, pack: Option<&Pack>) -> AnyView {
    match wallet.payer(price) {
        Ok(payer) => cost(w, wallet, price, payer),
        Err(_) => missing(w, wallet, price, pack),
    }
}

fn cost(w: Words, wallet: &Wallet, price: Price, payer: PaidBy) -> AnyView {
    let said = match payer {
        PaidBy::Trial if wallet.trials.remaining == 1 => w.say("tryon-cost-trial-last"),
        PaidBy::Trial => {
            let left = w.number(wallet.trials.remaining);
            w.say_with("tryon-cost-trial", &[("left", left.into())])
        }
        PaidBy::Plan => match wallet.period.as_ref().and_then(Period::remaining) {
            Some(left) => w.say_with("tryon-cost-plan", &[("left", w.number(left).into())]),
            None => w.say("tryon-cost-plan-unlimited"),
        },
        PaidBy::Credits => {
            let (n, left) = (w.number(price.credits), w.number(wallet.figures.remaining));
            let args = [
                ("n", n.into()),
                ("count", price.credits.into()),
                ("left", left.into()),
            ];
            w.say_with("tryon-cost-credits", &args)
        }
    };
    view! {
        <div class="cost">
            <span class="note">{w.say("tryon-cost-title")}</span>
            <strong>{said}</strong>
            <span class="note">{w.say("tryon-cost-promise")}</span>
        </div>
        <progress class="bare" data-upload-progress="" aria-label=w.say("tryon-upload") value="0"
            max="1" hidden=true></progress>
        <p class="error" role="alert" data-upload-failed="" hidden=true>{w.say("tryon-upload-failed")}</p>
        <button class="button main large block" data-pending=w.say("tryon-pending")>
            {w.say("tryon-button")}
        </button>
    }
    .into_any()
}

fn missing(w: Words, wallet: &Wallet, price: Price, pack: Option<&Pack>) -> AnyView {
    let figures = &wallet.figures;
    let args = [
        ("cost", w.count("common-credits", price.credits).into()),
        ("left", w.count("common-credits", figures.remaining).into()),
    ];
    let text = w.say_with("tryon-none-text", &args);
    let debt = (figures.debt > 0).then(|| {
        let debt = w.count("common-credits", figures.debt);
        view! { <p>{w.say_with("tryon-none-debt", &[("debt", debt.into())])}</p> }
    });
    let quick = pack.map(|pack| view! { <p>{quick(w, pack)}</p> });
    view! {
        <Notice title=w.say("tryon-none-title")>
            <p>{text}</p>
            {debt}
            {quick}
        </Notice>
        {button_link("main large block", routes::PAYMENTS, w.say("tryon-none-button"))}
    }
    .into_any()
}

fn quick(w: Words, pack: &Pack) -> String {
    let args = [
        ("pack", w.name(&pack.name).into()),
        ("credits", w.count("common-credits", pack.credits).into()),
        (
            "price",
            w.money(pack.price.amount_minor, &pack.price.currency)
                .into(),
        ),
    ];
    w.say_with("tryon-none-quick", &args)
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::catalog::Catalog;
    use atelier_server::ids::UserId;
    use atelier_server::time::Timestamp;

    use super::*;

    fn render(remaining: i64, trials: i64) -> String {
        let mut wallet = Wallet {
            user_id: UserId::new(Timestamp::from_seconds(1)),
            version: 1,
            figures: Default::default(),
            trials: Default::default(),
            period: None,
            unpaid_plan: None,
        };
        wallet.figures.remaining = remaining;
        wallet.trials.remaining = trials;
        let catalog = Catalog::built_in();
        let price = catalog.prices().try_on;
        order(Words(Language::En), &wallet, price, catalog.packs.first()).to_html()
    }

    #[test]
    fn the_order_says_what_will_be_taken() {
        assert!(render(327, 3).contains("1 credit of your 327"));
        assert!(render(0, 2).contains("One of your 2 free trials"));
        assert!(render(0, 1).contains("Your last free trial"));
    }

    #[test]
    fn with_nothing_left_there_is_a_way_to_buy_instead_of_the_button() {
        let html = render(0, 0);
        assert!(!html.contains("<button"), "{html}");
        assert!(html.contains("href=\"/payments\""), "{html}");
        assert!(
            html.contains("Credits Pack: 10 credits for $1.90"),
            "{html}"
        );
    }
}
