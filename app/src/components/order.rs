use atelier_server::catalog::Pack;
use atelier_server::credits::{PaidBy, Period, Price, Wallet};
use atelier_server::studio::Tool;
use leptos::prelude::*;

use super::link::button_link;
use super::notice::Notice;
use crate::i18n::Words;
use crate::routes;
use crate::visit::Visit;

/// What the form says when what was chosen is to be kept until credits are bought.
pub const THEN_BUY: &str = "buy";

/// What a tool says of its price.
#[derive(Clone, Copy, Debug)]
pub struct Labels {
    promise: &'static str,
    button: &'static str,
    pending: &'static str,
    none_title: &'static str,
    none_text: &'static str,
}

impl Labels {
    const fn of(tool: Tool) -> Self {
        match tool {
            Tool::TryOn => Self {
                promise: "tryon-cost-promise",
                button: "tryon-button",
                pending: "tryon-pending",
                none_title: "tryon-none-title",
                none_text: "tryon-none-text",
            },
            Tool::Video => Self {
                promise: "video-cost-promise",
                button: "video-button",
                pending: "video-pending",
                none_title: "video-none-title",
                none_text: "video-none-text",
            },
        }
    }
}

/// What a job of a tool takes from the visitor's wallet; instead of the button, what is missing and the way to buy, or that
/// spending is stopped.
pub fn order_of(visit: &Visit, tool: Tool) -> Option<AnyView> {
    let catalog = &visit.services.catalog;
    let smallest = catalog.packs.iter().min_by_key(|pack| pack.credits);
    let price = tool.price(visit.services.prices());
    let wallet = visit.wallet.as_ref()?;
    if wallet.is_stopped {
        let said = visit.words().say("stopped-title");
        return Some(view! { <p><strong>{said}</strong></p> }.into_any());
    }
    Some(order(visit.words(), tool, wallet, price, smallest))
}

fn order(w: Words, tool: Tool, wallet: &Wallet, price: Price, pack: Option<&Pack>) -> AnyView {
    let labels = Labels::of(tool);
    match wallet.payer(price) {
        Ok(payer) => cost(w, labels, wallet, price, payer),
        Err(_) => missing(w, labels, wallet, price, pack),
    }
}

fn cost(w: Words, labels: Labels, wallet: &Wallet, price: Price, payer: PaidBy) -> AnyView {
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
            <span class="note">{w.say(labels.promise)}</span>
        </div>
        <progress class="bare" data-upload-progress="" aria-label=w.say("tryon-upload") value="0"
            max="1" hidden=true></progress>
        <p class="error" role="alert" data-upload-failed="" hidden=true>{w.say("tryon-upload-failed")}</p>
        <button class="button main large block" data-pending=w.say(labels.pending)>
            {w.say(labels.button)}
        </button>
    }
    .into_any()
}

fn missing(
    w: Words,
    labels: Labels,
    wallet: &Wallet,
    price: Price,
    pack: Option<&Pack>,
) -> AnyView {
    let figures = &wallet.figures;
    let args = [
        ("cost", w.count("common-credits", price.credits).into()),
        ("left", w.count("common-credits", figures.remaining).into()),
    ];
    let text = w.say_with(labels.none_text, &args);
    let debt = (figures.debt > 0).then(|| {
        let debt = w.count("common-credits", figures.debt);
        view! { <p>{w.say_with("tryon-none-debt", &[("debt", debt.into())])}</p> }
    });
    let quick = pack.map(|pack| view! { <p>{quick(w, pack)}</p> });
    view! {
        <Notice title=w.say(labels.none_title)>
            <p>{text}</p>
            {debt}
            {quick}
        </Notice>
        {button_link("main large block", routes::PAYMENTS, w.say("tryon-none-button"))}
        <button class="button block" name="then" value=THEN_BUY data-pending=w.say(labels.pending)>
            {w.say("order-keep-and-buy")}
        </button>
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
        render_for(Tool::TryOn, remaining, trials)
    }

    fn render_for(tool: Tool, remaining: i64, trials: i64) -> String {
        let mut wallet = Wallet {
            user_id: UserId::new(Timestamp::from_seconds(1)),
            version: 1,
            figures: Default::default(),
            trials: Default::default(),
            period: None,
            unpaid_plan: None,
            is_stopped: false,
        };
        wallet.figures.remaining = remaining;
        wallet.trials.remaining = trials;
        let catalog = Catalog::built_in();
        let price = tool.price(catalog.prices());
        order(
            Words(Language::En),
            tool,
            &wallet,
            price,
            catalog.packs.first(),
        )
        .to_html()
    }

    #[test]
    fn the_order_says_what_will_be_taken() {
        assert!(render(327, 3).contains("1 credit of your 327"));
        assert!(render(0, 2).contains("One of your 2 free trials"));
        assert!(render(0, 1).contains("Your last free trial"));
    }

    #[test]
    fn a_video_is_paid_with_credits_alone() {
        assert!(render_for(Tool::Video, 27, 3).contains("10 credits of your 27"));
        assert!(
            render_for(Tool::Video, 9, 3)
                .contains("A video costs 10 credits and you have 9 credits")
        );
    }

    #[test]
    fn with_nothing_left_there_is_a_way_to_buy_instead_of_the_button() {
        let html = render(0, 0);
        assert!(!html.contains("Make the picture"), "{html}");
        assert!(html.contains("name=\"then\" value=\"buy\""), "{html}");
        assert!(html.contains("href=\"/payments\""), "{html}");
        assert!(
            html.contains("Credits Pack: 10 credits for $1.90"),
            "{html}"
        );
    }
}
