//! Random lives of customers. In each, everything that can happen to money happens at least once, mixed
//! with spending; the events reach the program shuffled, some twice, some never. In the end the wallet
//! is what the life itself adds up to.
//!
//! `LIVES` makes them more; the seed of a life that went wrong is printed, and `ATELIER_TEST_SEED`
//! begins with it.

use std::collections::VecDeque;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    CARD, INQUIRY, REFUND_FAILS, REFUND_LATER, Stripe, intent_of, pay_with, spend, subscription_of,
};
use crate::support::shop::Dice;
use crate::support::{App, Checkout, Client};

/// What is bought, for how much in cents, and the credits in it.
const PACKS: [(&str, i64, i64); 3] = [
    ("credits-10", 190, 10),
    ("starter", 990, 115),
    ("standard", 3_000, 355),
];
const MONTHLY: &str = "premium-monthly";
const UNLIMITED: &str = "premium-unlimited";
/// Lives in a normal run, on each database.
const LIVES: u64 = 3;

/// What becomes of a purchase.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Kept,
    RefundedInPart,
    RefundedWhole,
    RefundFails,
    RefundArrivesLater,
    DisputeWon,
    DisputeLost,
    InquiryClosed,
    Delayed,
    DelayedFails,
    Expires,
}

const ALL_FATES: [Fate; 11] = [
    Fate::Kept,
    Fate::RefundedInPart,
    Fate::RefundedWhole,
    Fate::RefundFails,
    Fate::RefundArrivesLater,
    Fate::DisputeWon,
    Fate::DisputeLost,
    Fate::InquiryClosed,
    Fate::Delayed,
    Fate::DelayedFails,
    Fate::Expires,
];

/// One thing somebody does.
#[derive(Clone, Debug)]
enum Step {
    Buy(usize),
    /// What the purchase's fate brings after it was paid.
    Meet(usize),
    /// What closes an open dispute.
    Close(usize),
    Subscribe,
    Renew(bool),
    PayLate,
    SetToEnd(bool),
    MoveUp,
    Spend(i64),
}

struct Purchase {
    fate: Fate,
    item: &'static str,
    price: i64,
    credits: i64,
    /// How much of a part is refunded.
    part: i64,
    checkout: Option<Checkout>,
}

impl Purchase {
    fn roll(fate: Fate, dice: &mut Dice) -> Self {
        let (item, price, credits) = PACKS[index(dice, PACKS.len())];
        Self {
            fate,
            item,
            price,
            credits,
            part: 1 + number(dice, price - 1),
            checkout: None,
        }
    }

    fn is_paid(&self) -> bool {
        !matches!(self.fate, Fate::DelayedFails | Fate::Expires)
    }

    /// How much of the money goes back, by what happened to it.
    fn returned(&self) -> i64 {
        match self.fate {
            Fate::RefundedInPart => self.part,
            Fate::RefundedWhole | Fate::RefundArrivesLater | Fate::DisputeLost => self.price,
            _ => 0,
        }
    }

    /// The rule of PRODUCT.md: floor(credits × money returned ÷ money paid).
    fn taken_back(&self) -> i64 {
        self.credits * self.returned() / self.price
    }

    fn standing(&self) -> &'static str {
        match self.fate {
            Fate::DelayedFails => "failed",
            Fate::Expires => "cancelled",
            Fate::RefundedInPart => "partially_refunded",
            _ if self.returned() > 0 => "refunded",
            _ => "completed",
        }
    }
}

fn number(dice: &mut Dice, below: i64) -> i64 {
    i64::try_from(dice.below(u64::try_from(below).expect("a bound"))).expect("a small number")
}

fn index(dice: &mut Dice, below: usize) -> usize {
    usize::try_from(dice.below(u64::try_from(below).expect("a bound"))).expect("a small number")
}

fn shuffle<T>(dice: &mut Dice, things: &mut [T]) {
    for last in (1..things.len()).rev() {
        things.swap(last, index(dice, last + 1));
    }
}

/// What of a life was told, and how.
#[derive(Default)]
struct Counts {
    events: usize,
    twice: usize,
    never: usize,
    spends: usize,
    refused: usize,
}

struct Life<'a, 'b> {
    stripe: &'b mut Stripe<'a>,
    dice: Dice,
    ann: Client,
    purchases: Vec<Purchase>,
    plan: Option<Checkout>,
    /// What the program accepted.
    spent: i64,
    /// Events on their way.
    under_way: Vec<Value>,
    counts: Counts,
}

impl<'a, 'b> Life<'a, 'b> {
    async fn new(app: &'a App, stripe: &'b mut Stripe<'a>, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let ann = app.sign_up(&format!("life{seed}")).await;
        let mut purchases: Vec<Purchase> = ALL_FATES
            .into_iter()
            .map(|fate| Purchase::roll(fate, &mut dice))
            .collect();
        for _ in 0..dice.below(3) {
            let fate = ALL_FATES[index(&mut dice, ALL_FATES.len())];
            purchases.push(Purchase::roll(fate, &mut dice));
        }
        Self {
            stripe,
            dice,
            ann,
            purchases,
            plan: None,
            spent: 0,
            under_way: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Every thread of events in its own order, the threads mixed.
    fn steps(&mut self) -> Vec<Step> {
        let mut threads: Vec<VecDeque<Step>> = Vec::new();
        for (number, purchase) in self.purchases.iter().enumerate() {
            let mut thread = VecDeque::from([Step::Buy(number), Step::Meet(number)]);
            if matches!(
                purchase.fate,
                Fate::DisputeWon | Fate::DisputeLost | Fate::InquiryClosed
            ) {
                thread.push_back(Step::Close(number));
            }
            threads.push(thread);
        }
        threads.push(VecDeque::from([
            Step::Subscribe,
            Step::Renew(true),
            Step::Renew(false),
            Step::PayLate,
            Step::SetToEnd(true),
            Step::SetToEnd(false),
            Step::MoveUp,
        ]));
        for _ in 0..2 + self.dice.below(4) {
            let amount = 1 + number(&mut self.dice, 40);
            threads.push(VecDeque::from([Step::Spend(amount)]));
        }
        let mut steps = Vec::new();
        while !threads.is_empty() {
            let chosen = index(&mut self.dice, threads.len());
            steps.extend(threads[chosen].pop_front());
            threads.retain(|thread| !thread.is_empty());
        }
        steps
    }

    async fn live(&mut self) {
        for step in self.steps() {
            self.take(step).await;
            self.collect().await;
            if self.dice.below(2) == 0 {
                self.tell_some().await;
            }
        }
        while !self.under_way.is_empty() {
            self.tell_some().await;
            self.collect().await;
        }
        // What nobody was told of.
        self.stripe.catch_up().await;
        self.stripe.catch_up().await;
        self.stripe.news().await;
    }

    async fn collect(&mut self) {
        let news = self.stripe.news().await;
        self.counts.events += news.len();
        self.under_way.extend(news);
    }

    /// Some of what is under way arrives, in any order, some of it twice; some is lost.
    async fn tell_some(&mut self) {
        shuffle(&mut self.dice, &mut self.under_way);
        let arrive = 1 + index(&mut self.dice, self.under_way.len().max(1));
        let rest = self.under_way.split_off(arrive.min(self.under_way.len()));
        let mut told = Vec::new();
        for event in std::mem::replace(&mut self.under_way, rest) {
            match self.dice.below(10) {
                0 => self.counts.never += 1,
                1 | 2 => {
                    self.counts.twice += 1;
                    told.extend([event.clone(), event]);
                }
                _ => told.push(event),
            }
        }
        shuffle(&mut self.dice, &mut told);
        self.stripe.tell(&told).await;
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Buy(number) => self.buy(number).await,
            Step::Meet(number) => self.meet(number).await,
            Step::Close(number) => self.close(number).await,
            Step::Spend(amount) => {
                self.counts.spends += 1;
                if spend(&self.ann, amount).await {
                    self.spent += amount;
                } else {
                    self.counts.refused += 1;
                }
            }
            step => self.follow_plan(step).await,
        }
    }

    async fn buy(&mut self, number: usize) {
        let (item, fate) = (self.purchases[number].item, self.purchases[number].fate);
        let checkout = self.ann.checkout(item).await;
        match fate {
            Fate::Expires => {}
            Fate::Delayed | Fate::DelayedFails => {
                let method = if matches!(fate, Fate::Delayed) {
                    "delayed:succeeded:1000"
                } else {
                    "delayed:failed:1000"
                };
                let fields = [
                    ("card_number", CARD),
                    ("webhook", "never"),
                    ("method", method),
                ];
                self.ann.pay(&checkout, &fields).await.expect(303);
            }
            Fate::RefundFails => pay_with(&self.ann, &checkout, REFUND_FAILS).await,
            Fate::RefundArrivesLater => pay_with(&self.ann, &checkout, REFUND_LATER).await,
            Fate::InquiryClosed => pay_with(&self.ann, &checkout, INQUIRY).await,
            _ => pay_with(&self.ann, &checkout, CARD).await,
        }
        self.purchases[number].checkout = Some(checkout);
    }

    async fn meet(&mut self, number: usize) {
        let purchase = &self.purchases[number];
        let checkout = purchase.checkout.as_ref().expect("it was bought before");
        let stripe = &*self.stripe;
        match purchase.fate {
            Fate::Kept => {}
            Fate::Expires => {
                let path = format!("checkout/sessions/{}/expire", checkout.session_id);
                stripe.api(Method::POST, &path, &[]).await;
            }
            Fate::Delayed | Fate::DelayedFails | Fate::InquiryClosed => stripe.wait(2).await,
            Fate::RefundedInPart => {
                let intent = intent_of(stripe, checkout).await;
                let body = json!({"payment_intent": intent, "amount": purchase.part});
                stripe.desk("refunds", body).await;
            }
            Fate::RefundedWhole => {
                let intent = intent_of(stripe, checkout).await;
                stripe
                    .desk("refunds", json!({"payment_intent": intent}))
                    .await;
            }
            Fate::RefundFails | Fate::RefundArrivesLater => {
                let intent = intent_of(stripe, checkout).await;
                stripe
                    .desk("refunds", json!({"payment_intent": intent}))
                    .await;
                stripe.wait(3).await;
            }
            Fate::DisputeWon | Fate::DisputeLost => {
                let intent = intent_of(stripe, checkout).await;
                stripe
                    .desk("disputes", json!({"payment_intent": intent}))
                    .await;
            }
        }
    }

    async fn close(&mut self, number: usize) {
        let purchase = &self.purchases[number];
        let checkout = purchase.checkout.as_ref().expect("it was bought before");
        let intent = intent_of(self.stripe, checkout).await;
        let outcome = if matches!(purchase.fate, Fate::DisputeLost) {
            "lost"
        } else {
            "won"
        };
        let body = json!({"payment_intent": intent, "outcome": outcome});
        self.stripe.desk("disputes", body).await;
    }

    async fn follow_plan(&mut self, step: Step) {
        if matches!(step, Step::Subscribe) {
            let checkout = self.ann.checkout(MONTHLY).await;
            pay_with(&self.ann, &checkout, CARD).await;
            self.plan = Some(checkout);
            return;
        }
        let checkout = self.plan.as_ref().expect("it was bought before");
        let stripe = &*self.stripe;
        let id = subscription_of(stripe, checkout).await;
        // Stripe counts in seconds.
        stripe.wait(2).await;
        let renew = |outcome| json!({"subscription": id, "outcome": outcome});
        match step {
            Step::Renew(true) | Step::PayLate => drop(stripe.desk("renew", renew("paid")).await),
            Step::Renew(false) => drop(stripe.desk("renew", renew("failed")).await),
            Step::SetToEnd(end) => {
                let end = if end { "true" } else { "false" };
                let path = format!("subscriptions/{id}");
                let fields = [("cancel_at_period_end", end)];
                stripe.api(Method::POST, &path, &fields).await;
            }
            _ => self.move_up(&id).await,
        }
    }

    /// In the portal, so that the program has to hear of it.
    async fn move_up(&self, id: &str) {
        let path = format!("subscriptions/{id}");
        let subscription = self.stripe.api(Method::GET, &path, &[]).await;
        let item = subscription["items"]["data"][0]["id"].as_str();
        let key = "prices?lookup_keys[0]=atelier:premium-unlimited:4900:usd:month";
        let known = self.stripe.api(Method::GET, key, &[]).await;
        let price = match known["data"][0]["id"].as_str() {
            Some(price) => price.to_owned(),
            None => self.make_price().await,
        };
        let fields = [
            ("items[0][id]", item.expect("an item")),
            ("items[0][price]", &price),
            ("proration_behavior", "always_invoice"),
        ];
        self.stripe.api(Method::POST, &path, &fields).await;
    }

    async fn make_price(&self) -> String {
        let fields = [
            ("currency", "usd"),
            ("unit_amount", "4900"),
            ("recurring[interval]", "month"),
            ("lookup_key", "atelier:premium-unlimited:4900:usd:month"),
            ("product_data[name]", "Premium Unlimited"),
        ];
        let price = self.stripe.api(Method::POST, "prices", &fields).await;
        price["id"].as_str().expect("an id").to_owned()
    }

    /// The wallet and the records are what the life adds up to.
    async fn assert_true(&self, what: &str) {
        let paid = self.purchases.iter().filter(|purchase| purchase.is_paid());
        let bought: i64 = paid.map(|purchase| purchase.credits).sum();
        let taken: i64 = self.purchases.iter().map(Purchase::taken_back).sum();
        let total = 8 + bought;
        let net = total - self.spent - taken;
        let wallet = self.ann.wallet().await;
        for (name, expected) in [
            ("total", total),
            ("used", self.spent),
            ("removed", taken),
            ("remaining", net.max(0)),
            ("debt", (-net).max(0)),
            ("frozen", 0),
            ("held", 0),
        ] {
            assert_eq!(
                wallet["credits"][name], expected,
                "{name} of {what}: {wallet}"
            );
        }
        let premium = &wallet["premium"];
        assert_eq!(premium["plan"], UNLIMITED, "{what}: {wallet}");
        assert_eq!(premium["status"], "active", "{what}: {wallet}");
        assert_eq!(premium["remaining"], Value::Null, "{what}: {wallet}");
        for purchase in &self.purchases {
            let checkout = purchase.checkout.as_ref().expect("it was bought");
            let record = self.ann.recharge(checkout).await;
            let standing = purchase.standing();
            assert_eq!(record["status"], standing, "{:?} of {what}", purchase.fate);
        }
    }
}

on_both_databases! {
    async fn a_life_ends_with_what_it_adds_up_to(app: &App) {
        let mut stripe = Stripe::silent(app).await;
        let lives = asked("LIVES").unwrap_or(LIVES);
        let first = asked("ATELIER_TEST_SEED").unwrap_or_else(|| Dice::thrown().below(1 << 40));
        let mut all = Counts::default();
        for number in 0..lives {
            let seed = first + number;
            let what = format!("the life of ATELIER_TEST_SEED={seed}");
            let mut life = Life::new(app, &mut stripe, seed).await;
            println!("{what}");
            life.live().await;
            life.assert_true(&what).await;
            all.events += life.counts.events;
            all.twice += life.counts.twice;
            all.never += life.counts.never;
            all.spends += life.counts.spends;
            all.refused += life.counts.refused;
        }
        println!(
            "{:?}: {lives} lives: {} events, {} told twice, {} never told; {} spends, {} of them refused",
            app.services.db.kind(), all.events, all.twice, all.never, all.spends, all.refused
        );
    }
}

fn asked(variable: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "no setting: only tests know it")]
    let text = std::env::var(variable).ok();
    text.and_then(|text| text.parse().ok())
}
