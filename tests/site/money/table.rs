//! One row for each thing that may happen; each told once, twice, the wrong way round, and never (then
//! the catch-up finds it). The wallet and the record end the same.

use std::fmt::Debug;

use atelier_server::payments::Fulfilment;
use atelier_server::verify;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    CARD, FAILS_LATER, INQUIRY, REFUND_FAILS, REFUND_LATER, Stripe, buy_and_land, intent_of,
    pay_with, spend, subscription_of,
};
use crate::support::{App, Checkout, Client};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Once,
    Twice,
    Reversed,
    Never,
}

/// What happens to the money. The first purchase is `credits-10` or the monthly plan.
#[derive(Clone, Copy, Debug)]
enum Happens {
    PaidByCard,
    DelayedSucceeded,
    DelayedFailed,
    Expired,
    RefundedWhole,
    RefundedInPart,
    RefundedInTwoParts,
    RefundFailed,
    RefundArrivedLater,
    SpentThenRefunded,
    RefundedThenBoughtAgain,
    DisputeOpened,
    DisputeWon,
    DisputeLost,
    InquiryClosed,
    Subscribed,
    Renewed,
    RenewalFailed,
    RenewalPaidLate,
    RenewalNeverPaid,
    SetToEnd,
    TakenUpAgain,
    EndedWithPeriod,
    EndedAtOnce,
    MovedUp,
    MovedDown,
    MovedDownAndRenewed,
    MovedDownAndBack,
    PlanRefunded,
    PlanRefundedInPart,
    PlanDisputeLost,
    TwoPlansPaid,
}

/// The plan in the wallet: status, name, uses left (-1: unlimited), whether it renews.
type PlanFate = Option<(&'static str, &'static str, i64, bool)>;

/// Remaining, frozen, debt; the standing of the record; the plan.
type Fate = (i64, i64, i64, &'static str, PlanFate);

const MONTHLY: &str = "premium-monthly";
const UNLIMITED: &str = "premium-unlimited";
const DAY: i64 = 24 * 3_600;

#[rustfmt::skip]
const FATES: [(Happens, Fate); 32] = {
    use Happens::*;
    const ACTIVE: PlanFate = Some(("active", MONTHLY, 100, true));
    [
        (PaidByCard,              (18,  0, 0, "completed",          None)),
        (DelayedSucceeded,        (18,  0, 0, "completed",          None)),
        (DelayedFailed,           ( 8,  0, 0, "failed",             None)),
        (Expired,                 ( 8,  0, 0, "cancelled",          None)),
        (RefundedWhole,           ( 8,  0, 0, "refunded",           None)),
        (RefundedInPart,          (13,  0, 0, "partially_refunded", None)),
        (RefundedInTwoParts,      (12,  0, 0, "partially_refunded", None)),
        (RefundFailed,            (18,  0, 0, "completed",          None)),
        (RefundArrivedLater,      ( 8,  0, 0, "refunded",           None)),
        (SpentThenRefunded,       ( 0,  0, 4, "refunded",           None)),
        (RefundedThenBoughtAgain, ( 6,  0, 0, "refunded",           None)),
        (DisputeOpened,           ( 8, 10, 0, "disputed",           None)),
        (DisputeWon,              (18,  0, 0, "completed",          None)),
        (DisputeLost,             ( 8,  0, 0, "refunded",           None)),
        (InquiryClosed,           (18,  0, 0, "completed",          None)),
        (Subscribed,              ( 8,  0, 0, "completed",          ACTIVE)),
        (Renewed,                 ( 8,  0, 0, "completed",          ACTIVE)),
        (RenewalFailed,           ( 8,  0, 0, "completed",          Some(("past_due", MONTHLY, 100, true)))),
        (RenewalPaidLate,         ( 8,  0, 0, "completed",          ACTIVE)),
        (RenewalNeverPaid,        ( 8,  0, 0, "completed",          None)),
        (SetToEnd,                ( 8,  0, 0, "completed",          Some(("active", MONTHLY, 100, false)))),
        (TakenUpAgain,            ( 8,  0, 0, "completed",          ACTIVE)),
        (EndedWithPeriod,         ( 8,  0, 0, "completed",          None)),
        (EndedAtOnce,             ( 8,  0, 0, "completed",          None)),
        (MovedUp,                 ( 8,  0, 0, "completed",          Some(("active", UNLIMITED, -1, true)))),
        (MovedDown,               ( 8,  0, 0, "completed",          Some(("active", UNLIMITED, -1, true)))),
        (MovedDownAndRenewed,     ( 8,  0, 0, "completed",          ACTIVE)),
        (MovedDownAndBack,        ( 8,  0, 0, "completed",          Some(("active", UNLIMITED, -1, true)))),
        (PlanRefunded,            ( 8,  0, 0, "refunded",           None)),
        (PlanRefundedInPart,      ( 8,  0, 0, "partially_refunded", ACTIVE)),
        (PlanDisputeLost,         ( 8,  0, 0, "refunded",           None)),
        (TwoPlansPaid,            ( 8,  0, 0, "completed",          ACTIVE)),
    ]
};

impl Happens {
    /// Lets it happen at Stripe. Gives the purchase whose record is looked at.
    async fn happen(self, app: &App, stripe: &Stripe<'_>, ann: &Client) -> Checkout {
        use Happens::*;
        match self {
            PaidByCard | Subscribed => {
                let item = if matches!(self, PaidByCard) {
                    "credits-10"
                } else {
                    MONTHLY
                };
                let checkout = ann.checkout(item).await;
                pay_with(ann, &checkout, CARD).await;
                checkout
            }
            DelayedSucceeded | DelayedFailed => {
                let checkout = ann.checkout("credits-10").await;
                let method = match self {
                    DelayedSucceeded => "delayed:succeeded:1000",
                    _ => "delayed:failed:1000",
                };
                let fields = [
                    ("card_number", CARD),
                    ("webhook", "never"),
                    ("method", method),
                ];
                ann.pay(&checkout, &fields).await.expect(303);
                stripe.wait(2).await;
                checkout
            }
            Expired => {
                let checkout = ann.checkout("credits-10").await;
                let path = format!("checkout/sessions/{}/expire", checkout.session_id);
                stripe.api(Method::POST, &path, &[]).await;
                checkout
            }
            RefundedWhole | RefundedInPart | RefundedInTwoParts => {
                let (checkout, intent) = paid(stripe, ann, "credits-10", CARD).await;
                let parts: &[Option<i64>] = match self {
                    RefundedWhole => &[None],
                    RefundedInPart => &[Some(95)],
                    _ => &[Some(57), Some(57)],
                };
                for amount in parts {
                    refund(stripe, &intent, *amount).await;
                }
                checkout
            }
            RefundFailed | RefundArrivedLater => {
                let card = if matches!(self, RefundFailed) {
                    REFUND_FAILS
                } else {
                    REFUND_LATER
                };
                let (checkout, intent) = paid(stripe, ann, "credits-10", card).await;
                refund(stripe, &intent, None).await;
                stripe.wait(3).await;
                checkout
            }
            SpentThenRefunded | RefundedThenBoughtAgain => {
                let checkout = buy_and_land(app, ann, "credits-10", CARD).await;
                assert!(spend(ann, 12).await);
                let intent = intent_of(stripe, &checkout).await;
                refund(stripe, &intent, None).await;
                if matches!(self, RefundedThenBoughtAgain) {
                    let again = ann.checkout("credits-10").await;
                    pay_with(ann, &again, CARD).await;
                }
                checkout
            }
            DisputeOpened | DisputeWon | DisputeLost => {
                let (checkout, intent) = paid(stripe, ann, "credits-10", CARD).await;
                dispute(stripe, &intent, self).await;
                checkout
            }
            InquiryClosed => {
                let (checkout, intent) = paid(stripe, ann, "credits-10", INQUIRY).await;
                stripe.wait(2).await;
                let body = json!({"payment_intent": intent, "outcome": "won"});
                stripe.desk("disputes", body).await;
                checkout
            }
            _ => self.happen_to_plan(app, stripe, ann).await,
        }
    }

    async fn happen_to_plan(self, app: &App, stripe: &Stripe<'_>, ann: &Client) -> Checkout {
        use Happens::*;
        let (item, card) = match self {
            MovedDown | MovedDownAndRenewed | MovedDownAndBack => (UNLIMITED, CARD),
            RenewalNeverPaid => (MONTHLY, FAILS_LATER),
            _ => (MONTHLY, CARD),
        };
        // Opened before the first one is paid, as in two tabs.
        let second = ann.checkout(item).await;
        let (checkout, intent) = paid(stripe, ann, item, card).await;
        let id = subscription_of(stripe, &checkout).await;
        let path = format!("subscriptions/{id}");
        let renew = |outcome| json!({"subscription": id, "outcome": outcome});
        // Stripe counts in seconds.
        stripe.wait(2).await;
        match self {
            Renewed => drop(stripe.desk("renew", renew("paid")).await),
            RenewalFailed => drop(stripe.desk("renew", renew("failed")).await),
            RenewalPaidLate => {
                stripe.desk("renew", renew("failed")).await;
                stripe.desk("renew", renew("paid")).await;
            }
            // Stripe tries three times more before it ends it.
            RenewalNeverPaid => {
                for days in [32, 4, 6, 8, 8] {
                    stripe.wait(days * DAY).await;
                }
            }
            SetToEnd | TakenUpAgain | EndedWithPeriod => {
                let end = |end| [("cancel_at_period_end", end)];
                stripe.api(Method::POST, &path, &end("true")).await;
                if matches!(self, TakenUpAgain) {
                    stripe.api(Method::POST, &path, &end("false")).await;
                }
                if matches!(self, EndedWithPeriod) {
                    stripe.wait(32 * DAY).await;
                }
            }
            EndedAtOnce => drop(stripe.api(Method::DELETE, &path, &[]).await),
            MovedUp | MovedDown | MovedDownAndRenewed | MovedDownAndBack => {
                let landed = app.services.payments.fulfil(&checkout.session_id).await;
                assert!(matches!(landed, Ok(Fulfilment::Granted(_))), "{landed:?}");
                let to = if matches!(self, MovedUp) {
                    UNLIMITED
                } else {
                    MONTHLY
                };
                let user = atelier_server::ids::UserId::parse(&ann.id).expect("an id");
                let moved = app.services.payments.change_plan(&user, to).await;
                moved.expect("Stripe agrees");
                match self {
                    MovedDownAndRenewed => drop(stripe.desk("renew", renew("paid")).await),
                    MovedDownAndBack => {
                        let billed = app.book().await.len();
                        let back = app.services.payments.change_plan(&user, UNLIMITED).await;
                        back.expect("Stripe agrees");
                        assert_eq!(app.book().await.len(), billed, "paid for already");
                    }
                    _ => {}
                }
            }
            PlanRefunded => refund(stripe, &intent, None).await,
            PlanRefundedInPart => refund(stripe, &intent, Some(900)).await,
            PlanDisputeLost => dispute(stripe, &intent, DisputeLost).await,
            TwoPlansPaid => pay_with(ann, &second, CARD).await,
            _ => unreachable!("{self:?} is no matter of plans"),
        }
        checkout
    }
}

async fn paid(stripe: &Stripe<'_>, ann: &Client, item: &str, card: &str) -> (Checkout, String) {
    let checkout = ann.checkout(item).await;
    pay_with(ann, &checkout, card).await;
    let intent = intent_of(stripe, &checkout).await;
    (checkout, intent)
}

async fn refund(stripe: &Stripe<'_>, intent: &str, amount: Option<i64>) {
    let mut body = json!({"payment_intent": intent});
    if let Some(amount) = amount {
        body["amount"] = json!(amount);
    }
    stripe.desk("refunds", body).await;
}

async fn dispute(stripe: &Stripe<'_>, intent: &str, how: Happens) {
    stripe
        .desk("disputes", json!({"payment_intent": intent}))
        .await;
    let outcome = match how {
        Happens::DisputeWon => "won",
        Happens::DisputeLost => "lost",
        _ => return,
    };
    let body = json!({"payment_intent": intent, "outcome": outcome});
    stripe.desk("disputes", body).await;
}

/// Tells the program, until nothing new comes of it.
async fn tell(stripe: &mut Stripe<'_>, told: Told) {
    if told == Told::Never {
        stripe.news().await;
        stripe.catch_up().await;
    }
    loop {
        let mut news = stripe.news().await;
        if news.is_empty() {
            return;
        }
        match told {
            Told::Never => {
                stripe.catch_up().await;
                continue;
            }
            Told::Once => {}
            Told::Twice => news = news.iter().flat_map(|e| [e.clone(), e.clone()]).collect(),
            Told::Reversed => news.reverse(),
        }
        stripe.tell(&news).await;
    }
}

fn plan_of(wallet: &Value) -> Option<(String, String, i64, bool)> {
    let premium = &wallet["premium"];
    let text = |name: &str| premium[name].as_str().unwrap_or_default().to_owned();
    (premium["active"] == true).then(|| {
        let left = premium["remaining"].as_i64().unwrap_or(-1);
        let renews = !premium["renews_at"].is_null();
        (text("status"), text("plan"), left, renews)
    })
}

fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) {
    assert_eq!(found, expected, "{what}");
}

on_both_databases! {
    async fn whatever_happens_to_money_ends_as_it_should_told_once(app: &App) {
        ends_as_it_should(app, Told::Once).await;
    }

    async fn whatever_happens_to_money_ends_as_it_should_told_twice(app: &App) {
        ends_as_it_should(app, Told::Twice).await;
    }

    async fn whatever_happens_to_money_ends_as_it_should_told_the_wrong_way_round(app: &App) {
        ends_as_it_should(app, Told::Reversed).await;
    }

    async fn whatever_happens_to_money_ends_as_it_should_never_told(app: &App) {
        ends_as_it_should(app, Told::Never).await;
    }
}

/// Every row, one customer each.
async fn ends_as_it_should(app: &App, told: Told) {
    let mut stripe = Stripe::silent(app).await;
    for (number, (happens, fate)) in FATES.into_iter().enumerate() {
        let what = format!("{happens:?}, told {told:?}");
        let ann = app.sign_up(&format!("ann-{number}")).await;
        let checkout = happens.happen(app, &stripe, &ann).await;
        tell(&mut stripe, told).await;
        let (remaining, frozen, debt, standing, plan) = fate;
        let wallet = ann.wallet().await;
        let credits = &wallet["credits"];
        let figures = (&credits["remaining"], &credits["frozen"], &credits["debt"]);
        same(
            &what,
            figures,
            (&json!(remaining), &json!(frozen), &json!(debt)),
        );
        let record = ann.recharge(&checkout).await;
        same(&what, &record["status"], &json!(standing));
        let plan = plan
            .map(|(status, name, left, renews)| (status.to_owned(), name.to_owned(), left, renews));
        same(&what, plan_of(&wallet), plan);
        if matches!(happens, Happens::TwoPlansPaid) {
            assert_second_plan_given_back(&stripe, &ann, &what).await;
        }
        end_plans(&stripe).await;
        stripe.news().await;
    }
    assert_stripe_agrees(app).await;
}

/// Asked one by one, the provider says of every record what our books say.
async fn assert_stripe_agrees(app: &App) {
    let mut wrong = Vec::new();
    let mut keep = |told: verify::Told<'_>| {
        if let verify::Told::Finding(finding) = told {
            wrong.push(finding.clone());
        }
    };
    let mut totals = verify::Totals::default();
    let payments = &app.services.payments;
    let asked = verify::ask_providers(payments, &app.services.db, &mut totals, &mut keep);
    asked.await.expect("Stripe answers");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// So that what happens to the next ones takes no time for these.
async fn end_plans(stripe: &Stripe<'_>) {
    let living = stripe
        .api(Method::GET, "subscriptions?limit=100", &[])
        .await;
    for subscription in living["data"].as_array().into_iter().flatten() {
        let id = subscription["id"].as_str().expect("an id");
        stripe
            .api(Method::DELETE, &format!("subscriptions/{id}"), &[])
            .await;
    }
}

/// The younger of two is ended at Stripe, its money back, and its record says so.
async fn assert_second_plan_given_back(stripe: &Stripe<'_>, ann: &Client, what: &str) {
    let list = ann.get("/api/recharge").await.expect(200).json();
    let standings: Vec<&str> = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|record| record["status"].as_str())
        .collect();
    let count = |standing| standings.iter().filter(|s| **s == standing).count();
    same(what, (count("completed"), count("refunded")), (1, 1));
    let all = stripe
        .api(Method::GET, "subscriptions?status=all&limit=2", &[])
        .await;
    same(what, &all["data"][0]["status"], &json!("canceled"));
    same(what, &all["data"][1]["status"], &json!("active"));
}
