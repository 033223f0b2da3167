//! The gateway to Creem against the sandbox: every question it is asked, over HTTP.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use atelier_server::accounts::User;
use atelier_server::catalog::{Interval, Money, Tax};
use atelier_server::credits::{self, Grant, NewPeriod, Returned, Wallet};
use atelier_server::ids::{RechargeId, UserId};
use atelier_server::on_both_databases;
use atelier_server::oversight::Operator;
use atelier_server::oversight::reconciliation::{Kind as Fault, Mended, Reconciliation};
use atelier_server::payments::creem::Creem;
use atelier_server::payments::gateway::{
    CheckoutProgress, DisputeProgress, Gateway, GatewayError, NewCheckout, OpenedCheckout,
    PlanChange, PlanPrice, Subject, SubscriptionProgress, SubscriptionState,
};
use atelier_server::payments::stripe::Stripe;
use atelier_server::payments::{
    CheckoutRequest, Fulfilment, Payments, PlanError, Provider, Recharge, RechargeStatus, Started,
};
use atelier_server::sandbox::creem::{
    Billing, CreemSandbox, Product, Settings, Signatures, signed_event,
};
use atelier_server::testing::TestGround;
use atelier_server::testing::proofs::saw_at;
use atelier_server::time::{Clock, Timestamp};
use atelier_server::verify::{self, Told, Totals};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::HeaderMap;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::reconciliation::operator;

const SECRET: &str = "whsec_sandbox_r1gQ2-kX_0aZp9vTqLwYhN3sUeB6mJcD8fGiOKoPxRE";
const GOOD_CARD: &str = "4242424242424242";
const EMAIL: &str = "buyer@example.com";
const MONTH: u64 = 31 * 24 * 3_600;

type Webhooks = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

/// A gateway and the sandbox it talks to.
struct World {
    creem: Creem,
    sandbox: CreemSandbox,
    clock: Clock,
    http: reqwest::Client,
    base: String,
    webhooks: Webhooks,
    came: watch::Receiver<usize>,
    recharge: RechargeId,
    user: UserId,
    _delivering: DropGuard,
    ground: TestGround,
}

/// Those that the built-in catalogue names, as far as they are bought here.
fn products() -> Vec<Product> {
    let product = |id: &str, price, billing| Product {
        id: id.to_owned(),
        name: id.to_owned(),
        price,
        currency: "usd".to_owned(),
        billing,
    };
    vec![
        product("prod_sandbox_starter", 500, Billing::Once),
        product("prod_sandbox_premium_monthly", 1_900, Billing::EveryMonth),
        product("prod_sandbox_premium_unlimited", 4_900, Billing::EveryMonth),
    ]
}

async fn receive(
    State((webhooks, count)): State<(Webhooks, watch::Sender<usize>)>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) {
    webhooks.lock().unwrap().push((headers, body.to_vec()));
    count.send_modify(|count| *count += 1);
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

async fn world(ground: TestGround, signatures: Signatures) -> World {
    // Another test of the same process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let webhooks = Webhooks::default();
    let (count, came) = watch::channel(0);
    let receiver = Router::new().route("/hook", post(receive));
    let hook = serve(receiver.with_state((webhooks.clone(), count))).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/sandbox/creem/", listener.local_addr().unwrap());
    let settings = Settings {
        hosted_base: base.parse().unwrap(),
        webhook_url: format!("{hook}/hook").parse().unwrap(),
        webhook_secret: SecretString::from(SECRET),
        signatures,
        products: products(),
    };
    let clock = ground.clock.clone();
    let sandbox = CreemSandbox::new(ground.db.clone(), clock.clone(), settings);
    let router = Router::new().nest("/sandbox/creem", sandbox.router());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let stop = CancellationToken::new();
    tokio::spawn(sandbox.clone().deliver(stop.clone()));
    let policy = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder().no_proxy().redirect(policy);
    let key = SecretString::from("creem_test_x");
    World {
        creem: Creem::new(&key, SecretString::from(SECRET), &base).unwrap(),
        sandbox,
        recharge: RechargeId::new(clock.now()),
        user: UserId::new(clock.now()),
        clock,
        http: http.build().unwrap(),
        base,
        webhooks,
        came,
        _delivering: stop.drop_guard(),
        ground,
    }
}

fn usd(amount_minor: i64) -> Money {
    Money {
        amount_minor,
        currency: "usd".to_owned(),
    }
}

impl World {
    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.sandbox.wake();
    }

    async fn open(&self, product: Option<&str>, price: i64, plan: bool) -> OpenedCheckout {
        self.try_open(product, price, plan).await.unwrap()
    }

    async fn try_open(
        &self,
        product: Option<&str>,
        price: i64,
        plan: bool,
    ) -> Result<OpenedCheckout, GatewayError> {
        let price = usd(price);
        let new = NewCheckout {
            recharge: &self.recharge,
            user: &self.user,
            email: EMAIL,
            item_name: "115 credits",
            language: "en",
            price: &price,
            plan: plan.then(|| plan_price(&price, None)),
            product,
            tax: Tax::None,
            invoice: false,
            customer_id: None,
            success_url: "http://127.0.0.1:3000/payments/success?session_id=",
            cancel_url: "http://127.0.0.1:3000/payments/cancelled",
            expires_at: self.clock.now(),
        };
        self.creem.open_checkout(new).await
    }

    /// The payer presses the button; where that leads.
    async fn pay(&self, opened: &OpenedCheckout, card: &str, webhook: &str) -> String {
        let body = format!("card_number={card}&webhook={webhook}");
        let request = self
            .http
            .post(&opened.url)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status(), 303);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    async fn desk(&self, path: &str, body: Value) {
        let request = self.http.post(format!("{}{path}", self.base)).json(&body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    }

    /// A paid one-time purchase; its transaction.
    async fn bought(&self, card: &str) -> String {
        let opened = self.open(Some("prod_sandbox_starter"), 990, false).await;
        self.pay(&opened, card, "never").await;
        let state = self.creem.checkout(&opened.session_id).await.unwrap();
        state.unwrap().transaction_id.unwrap()
    }

    async fn subscribed(&self, card: &str) -> String {
        let opened = self
            .open(Some("prod_sandbox_premium_monthly"), 1_900, true)
            .await;
        self.pay(&opened, card, "never").await;
        let state = self.creem.checkout(&opened.session_id).await.unwrap();
        state.unwrap().subscription_id.unwrap()
    }

    async fn subscription(&self, id: &str) -> SubscriptionState {
        self.creem.subscription(id).await.unwrap().unwrap()
    }

    async fn returned(&self, transaction: &str) -> i64 {
        let payment = self.creem.payment(transaction).await.unwrap();
        payment.unwrap().returned_minor()
    }

    /// The webhooks so far, once there are so many.
    async fn webhooks(&self, count: usize) -> Vec<(HeaderMap, Vec<u8>)> {
        let mut came = self.came.clone();
        let waiting = came.wait_for(|seen| *seen >= count);
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "{count} webhooks never came");
        self.webhooks.lock().unwrap().clone()
    }
}

/// A shop that sells through Creem.
struct Shop {
    world: World,
    payments: Payments,
    buyer: User,
    /// How many webhooks were taken in.
    heard: AtomicUsize,
}

async fn shop(ground: TestGround) -> Shop {
    let world = world(ground, Signatures::Both).await;
    let key = SecretString::from("creem_test_x");
    let creem = Creem::new(&key, SecretString::from(SECRET), &world.base).unwrap();
    let payments = Payments::new(
        world.ground.db.clone(),
        world.clock.clone(),
        world.ground.catalog.clone(),
        vec![Arc::new(creem)],
        "http://127.0.0.1:3000/".parse().unwrap(),
        "node".to_owned(),
    );
    let buyer = world.ground.account("buyer").await;
    Shop {
        world,
        payments,
        buyer,
        heard: AtomicUsize::new(0),
    }
}

impl Shop {
    async fn checkout(&self, item: &str) -> OpenedCheckout {
        let request = CheckoutRequest {
            user: self.buyer.id.clone(),
            email: self.buyer.email.clone(),
            verified: true,
            offer: self.world.ground.catalog.offer(item).unwrap(),
            provider: Provider::Creem,
            item_name: item.to_owned(),
            language: "en",
            key: None,
        };
        let answer = self.payments.checkout(request).await.unwrap();
        let started: Started = serde_json::from_str(&answer.body).unwrap();
        OpenedCheckout {
            session_id: started.session_id,
            url: started.url,
        }
    }

    /// Takes in the new webhooks, once there are so many in all, and acts on them.
    async fn hear(&self, count: usize) {
        let webhooks = self.world.webhooks(count).await;
        let heard = self.heard.swap(webhooks.len(), Ordering::SeqCst);
        for (headers, body) in webhooks.into_iter().skip(heard) {
            let received = self.payments.receive(Provider::Creem, &body, &headers);
            received.await.unwrap();
        }
        self.payments.process_due().await.unwrap();
    }

    async fn wallet(&self) -> Wallet {
        let (db, now) = (&self.world.ground.db, self.world.clock.now());
        credits::read(db, &self.buyer.id, now).await.unwrap()
    }

    async fn record_of(&self, opened: &OpenedCheckout) -> Recharge {
        let records = self.payments.recharges_of(&self.buyer.id, None, 50).await;
        let mut records = records.unwrap().into_iter();
        let of = |record: &Recharge| record.session_id.as_ref() == Some(&opened.session_id);
        records.find(of).unwrap()
    }

    async fn run(&self, statement: &'static str, id: &str) {
        let mut tx = self.world.ground.db.begin().await.unwrap();
        let done = sqlx::query(statement).bind(id).execute(&mut *tx).await;
        assert_eq!(done.unwrap().rows_affected(), 1, "{statement}");
        tx.commit().await.unwrap();
    }

    fn reconciliation(&self) -> Reconciliation {
        let ground = &self.world.ground;
        let payments = self.payments.clone();
        Reconciliation::new(
            ground.db.clone(),
            self.world.clock.clone(),
            payments,
            &ground.catalog,
        )
    }

    /// What a purchase would bring `user`, in as many credits, behind the back of its record.
    async fn grant(&self, user: &UserId, recharge: &RechargeId, credits: i64) {
        let grant = Grant {
            recharge,
            credits,
            bonus: 0,
            expires_at: None,
            provider: "creem",
        };
        let mut tx = self.world.ground.db.begin().await.unwrap();
        let now = self.world.clock.now();
        credits::grant(&mut tx, user, grant, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn remaining(&self, user: &UserId) -> i64 {
        let (db, now) = (&self.world.ground.db, self.world.clock.now());
        let wallet = credits::read(db, user, now).await.unwrap();
        assert!(wallet.figures.adds_up());
        wallet.figures.remaining
    }

    /// Paid, and nobody was told.
    async fn paid(&self, item: &str) -> (OpenedCheckout, RechargeId) {
        let opened = self.checkout(item).await;
        self.world.pay(&opened, GOOD_CARD, "never").await;
        let record = self.record_of(&opened).await;
        (opened, record.id)
    }

    /// Paid and granted; what Creem calls the payment, or of a plan the subscription.
    async fn bought(&self, item: &str) -> (OpenedCheckout, RechargeId, String) {
        let (opened, id) = self.paid(item).await;
        let fulfilled = self.payments.fulfil(&opened.session_id).await.unwrap();
        assert!(matches!(fulfilled, Fulfilment::Granted(_)), "{fulfilled:?}");
        let record = self.record_of(&opened).await;
        let named = record.subscription_id.or(record.transaction_id).unwrap();
        (opened, id, named)
    }

    /// Writes that another account set out to buy it.
    async fn hand_over(&self, recharge: &RechargeId, to: &UserId) {
        let mut tx = self.world.ground.db.begin().await.unwrap();
        sqlx::query("UPDATE recharge_records SET user_id = $2 WHERE id = $1")
            .bind(recharge)
            .bind(to)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Exactly this is found; clicked twice at once, it is gone, and the ledger agrees with itself.
    async fn mended(&self, kind: Fault, id: &str) {
        let click = self.reconciliation();
        let report = click.check().await.unwrap();
        assert_eq!(report.problem, None);
        let found: Vec<(Fault, &str)> = report
            .items
            .iter()
            .map(|item| (item.kind, item.id.as_str()))
            .collect();
        assert_eq!(found, [(kind, id)], "{:#?}", report.items);
        let by = operator();
        let (first, second) = tokio::join!(click.mend(kind, id, &by), click.mend(kind, id, &by));
        for mended in [first.unwrap(), second.unwrap()] {
            assert!(mended != Mended::Remains, "{kind:?}");
        }
        let left = click.check().await.unwrap().items;
        assert!(left.is_empty(), "{kind:?}: {left:#?}");
        let ledger = verify::findings(&self.world.ground.db).await.unwrap();
        assert_eq!(ledger, [], "{kind:?}");
        let database = self.world.ground.db.kind();
        saw_at(
            Provider::Creem,
            "reconciliation",
            kind.as_str(),
            "mended",
            database,
        );
    }

    async fn findings(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut tell = |told: Told<'_>| {
            if let Told::Finding(finding) = told {
                found.push(finding.to_string());
            }
        };
        let db = &self.world.ground.db;
        let mut totals = Totals::default();
        let asked = verify::ask_providers(&self.payments, db, &mut totals, &mut tell);
        asked.await.unwrap();
        found
    }
}

fn plan_price<'a>(price: &'a Money, product: Option<&'a str>) -> PlanPrice<'a> {
    PlanPrice {
        plan: "premium",
        name: "Premium",
        price,
        interval: Interval::Month,
        tax: Tax::None,
        product,
    }
}

fn is_refused<T: std::fmt::Debug>(result: &Result<T, GatewayError>) -> bool {
    matches!(result, Err(GatewayError::Refused { .. }))
}

on_both_databases! {
    async fn a_checkout_costs_what_the_record_says_and_names_it(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let opened = world.open(Some("prod_sandbox_starter"), 990, false).await;
        assert!(world.creem.is_session_id(&opened.session_id));
        let open = world.creem.checkout(&opened.session_id).await.unwrap().unwrap();
        assert_eq!((open.progress, open.amount_minor), (CheckoutProgress::Open, 990));
        let back = world.pay(&opened, GOOD_CARD, "never").await;
        let wanted = format!("/payments/success?checkout_id={}&order_id=", opened.session_id);
        assert!(back.contains(&wanted), "{back}");
        let paid = world.creem.checkout(&opened.session_id).await.unwrap().unwrap();
        assert_eq!((paid.progress, paid.amount_minor), (CheckoutProgress::Paid, 990));
        assert_eq!(paid.user_id.as_deref(), Some(world.user.as_str()));
        assert_eq!(paid.recharge_id.as_deref(), Some(world.recharge.as_str()));
        assert_eq!((paid.currency.as_str(), paid.subscription_id), ("usd", None));
        let payment = world.creem.payment(&paid.transaction_id.unwrap()).await.unwrap().unwrap();
        assert_eq!((payment.paid_minor, payment.returned_minor()), (990, 0));
        assert!(!payment.is_unsettled());
    }

    async fn what_creem_does_not_know_is_none_or_refused(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        assert_eq!(world.creem.checkout("ch_none").await.unwrap(), None);
        assert_eq!(world.creem.payment("tran_none").await.unwrap(), None);
        assert_eq!(world.creem.subscription("sub_none").await.unwrap(), None);
        assert!(is_refused(&world.try_open(Some("prod_none"), 990, false).await));
        let unnamed = world.try_open(None, 990, false).await;
        assert!(matches!(unnamed, Err(GatewayError::Setting(_))), "{unnamed:?}");
        assert!(is_refused(&world.creem.refund("tran_none", None, "k").await));
        assert!(is_refused(&world.creem.set_renewing("sub_none", false).await));
        assert!(is_refused(&world.creem.portal("cust_none", "http://x/").await));
        world.creem.end_subscription("sub_none").await.unwrap();
        assert!(!world.creem.lists_events());
        assert!(world.creem.events(world.clock.now(), None).await.is_err());
        assert!(world.creem.finished_checkouts(None).await.is_err());
        let stranger = Creem::new(&"sk_test_x".into(), SECRET.into(), &world.base).unwrap();
        let refused = stranger.checkout("ch_none").await;
        assert!(is_refused(&refused), "{refused:?}");
    }

    async fn an_expired_checkout_is_told(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let opened = world.open(Some("prod_sandbox_starter"), 990, false).await;
        world.advance(24 * 3_600);
        let state = world.creem.checkout(&opened.session_id).await.unwrap().unwrap();
        assert_eq!(state.progress, CheckoutProgress::Expired);
    }

    async fn all_that_is_left_goes_back_and_only_once(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let id = world.bought(GOOD_CARD).await;
        let part = world.creem.refund(&id, Some(400), "k").await;
        assert!(is_refused(&part), "{part:?}");
        assert_eq!(world.returned(&id).await, 0);
        world.desk("refunds", json!({"transaction": id, "amount": 400})).await;
        assert_eq!(world.returned(&id).await, 400);
        world.creem.refund(&id, Some(590), "k").await.unwrap();
        assert_eq!(world.returned(&id).await, 990);
        world.creem.refund(&id, None, "k").await.unwrap();
        assert!(is_refused(&world.creem.refund(&id, Some(590), "l").await));
        let other = world.bought(GOOD_CARD).await;
        for _ in 0..2 {
            world.creem.refund(&other, Some(990), "m").await.unwrap();
        }
        assert_eq!(world.returned(&other).await, 990);
    }

    async fn a_refund_under_way_counts_when_it_arrives(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let id = world.bought("4000000000007726").await;
        world.creem.refund(&id, None, "k").await.unwrap();
        assert_eq!(world.returned(&id).await, 0);
        assert!(is_refused(&world.creem.refund(&id, None, "k").await), "one at a time");
        world.advance(2);
        assert_eq!(world.returned(&id).await, 990);
    }

    async fn a_dispute_counts_as_lost_until_it_is_won(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let id = world.bought(GOOD_CARD).await;
        world.desk("disputes", json!({"transaction": id})).await;
        let disputed = world.creem.payment(&id).await.unwrap().unwrap();
        assert_eq!(disputed.disputes[0].progress, DisputeProgress::Lost);
        assert_eq!((disputed.returned_minor(), disputed.refunds.len()), (990, 0));
        assert!(is_refused(&world.creem.refund(&id, Some(100), "k").await));
        world.desk("disputes", json!({"transaction": id, "outcome": "won"})).await;
        assert_eq!(world.returned(&id).await, 0);
    }

    async fn a_plan_begins_renews_and_is_late(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let opened = world.open(Some("prod_sandbox_premium_monthly"), 1_900, true).await;
        world.pay(&opened, "4000000000000341", "never").await;
        let checkout = world.creem.checkout(&opened.session_id).await.unwrap().unwrap();
        assert_eq!(checkout.transaction_id, None);
        let id = checkout.subscription_id.unwrap();
        let first = world.subscription(&id).await;
        assert_eq!(first.progress, SubscriptionProgress::Active);
        assert_eq!(first.user_id.as_deref(), Some(world.user.as_str()));
        assert_eq!(first.recharge_id.as_deref(), Some(world.recharge.as_str()));
        assert_eq!(first.plan.as_deref(), Some("prod_sandbox_premium_monthly"));
        assert!(first.renews && first.customer_id.is_some());
        let invoice = &first.invoices[0];
        assert_eq!((invoice.paid, invoice.amount_minor), (true, 1_900));
        assert_eq!(invoice.opens, Some((first.period_start, first.period_end)));
        let payment = world.creem.payment(&invoice.id).await.unwrap().unwrap();
        assert_eq!(payment.subscription_id.as_deref(), Some(id.as_str()));

        world.advance(MONTH);
        let late = world.subscription(&id).await;
        assert_eq!(late.progress, SubscriptionProgress::PastDue);
        assert_eq!(late.invoices.len(), 2);
        assert!(!late.invoices[1].paid);
        world.desk("renew", json!({"subscription": id})).await;
        let renewed = world.subscription(&id).await;
        assert_eq!(renewed.progress, SubscriptionProgress::Active);
        let paid: Vec<_> = renewed.invoices.iter().filter(|invoice| invoice.paid).collect();
        assert_eq!(paid[1].opens, Some((first.period_end, renewed.period_end)));
    }

    async fn many_renewals_are_read_page_by_page(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let id = world.subscribed(GOOD_CARD).await;
        world.bought(GOOD_CARD).await;
        world.advance(60 * MONTH);
        let state = world.subscription(&id).await;
        assert!(state.invoices.len() > 60, "{}", state.invoices.len());
        for pair in state.invoices.windows(2) {
            assert_eq!(pair[0].opens.unwrap().1, pair[1].opens.unwrap().0);
        }
    }

    async fn a_plan_ends_with_its_period_or_goes_on(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let id = world.subscribed(GOOD_CARD).await;
        for renews in [true, false, false, true, true, false] {
            world.creem.set_renewing(&id, renews).await.unwrap();
            let state = world.subscription(&id).await;
            assert_eq!((state.renews, state.ended_at), (renews, None));
        }
        world.advance(MONTH);
        let ended = world.subscription(&id).await;
        assert_eq!(ended.progress, SubscriptionProgress::Ended);
        assert!(ended.ended_at.is_some());
        world.creem.set_renewing(&id, false).await.unwrap();
        assert!(is_refused(&world.creem.set_renewing(&id, true).await));
    }

    async fn a_plan_ends_at_once_however_often_that_is_said(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let id = world.subscribed(GOOD_CARD).await;
        for _ in 0..2 {
            world.creem.end_subscription(&id).await.unwrap();
        }
        let ended = world.subscription(&id).await;
        assert_eq!(ended.progress, SubscriptionProgress::Ended);
        assert_eq!(ended.ended_at, Some(world.clock.now()));
    }

    async fn a_dearer_plan_is_billed_now_and_once(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let id = world.subscribed(GOOD_CARD).await;
        world.advance(10 * 24 * 3_600);
        let (price, change) = (usd(4_900), PlanChange::Now);
        let unnamed = world.creem.change_plan(&id, plan_price(&price, None), change).await;
        assert!(matches!(unnamed, Err(GatewayError::Setting(_))), "{unnamed:?}");
        for _ in 0..2 {
            let to = plan_price(&price, Some("prod_sandbox_premium_unlimited"));
            world.creem.change_plan(&id, to, change).await.unwrap();
        }
        let state = world.subscription(&id).await;
        assert_eq!(state.plan.as_deref(), Some("prod_sandbox_premium_unlimited"));
        assert_eq!(state.invoices.len(), 2);
        let difference = &state.invoices[1];
        assert_eq!((difference.paid, difference.opens), (true, None));
        assert!((1_900..2_100).contains(&difference.amount_minor), "{difference:?}");
    }

    async fn a_cheaper_plan_bills_nothing_before_the_next_period(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let opened = world.open(Some("prod_sandbox_premium_unlimited"), 4_900, true).await;
        world.pay(&opened, GOOD_CARD, "never").await;
        let checkout = world.creem.checkout(&opened.session_id).await.unwrap().unwrap();
        let id = checkout.subscription_id.unwrap();
        let price = usd(1_900);
        let to = plan_price(&price, Some("prod_sandbox_premium_monthly"));
        world.creem.change_plan(&id, to, PlanChange::WithNextPeriod).await.unwrap();
        assert_eq!(world.subscription(&id).await.invoices.len(), 1);
        world.advance(MONTH);
        let renewed = world.subscription(&id).await;
        assert_eq!(renewed.invoices[1].amount_minor, 1_900);
        assert!(renewed.invoices[1].opens.is_some());
    }

    async fn an_account_is_one_customer_and_no_other_s(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let calls = (0..5).map(|_| world.creem.customer(&world.user, EMAIL));
        let mut customers = Vec::new();
        for made in futures::future::join_all(calls).await {
            customers.push(made.unwrap());
        }
        customers.dedup();
        assert_eq!(customers.len(), 1);
        let other = UserId::new(world.clock.now());
        assert!(is_refused(&world.creem.customer(&other, EMAIL).await));
        let link = world.creem.portal(&customers[0], "http://x/").await.unwrap();
        assert!(link.starts_with(&format!("{}portal/", world.base)), "{link}");
        // Who bought before as a guest is the same person.
        let guest = world.creem.customer(&other, "guest@example.com").await.unwrap();
        assert!(guest.starts_with("cust_"));
    }

    async fn webhooks_are_believed_in_either_scheme(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let opened = world.open(Some("prod_sandbox_starter"), 990, false).await;
        world.pay(&opened, GOOD_CARD, "normal").await;
        let (headers, body) = world.webhooks(1).await.remove(0);
        let now = world.clock.now();
        let event = world.creem.verify_event(&body, &headers, now).unwrap();
        assert_eq!((event.kind.as_str(), event.unparsed), ("checkout.completed", None));
        let subject = world.creem.subject(&event.kind, &event.object_id.unwrap()).await.unwrap();
        assert_eq!(subject, Subject::Checkout(opened.session_id));
        let late = Timestamp::from_seconds(now.seconds() + 301);
        assert_eq!(world.creem.verify_event(&body, &headers, late), None);
        assert_eq!(world.creem.verify_event(&body[1..], &headers, now), None);
        let mut older = HeaderMap::new();
        older.insert("creem-signature", headers["creem-signature"].clone());
        let again = world.creem.verify_event(&body, &older, late).unwrap();
        assert_eq!(again.id, event.id, "the inbox knows it");
        let stranger = Creem::new(&"creem_x".into(), "whsec_other".into(), &world.base).unwrap();
        assert_eq!(stranger.verify_event(&body, &headers, now), None);
        assert_eq!(stranger.verify_event(&body, &older, now), None);
    }

    async fn returns_and_subscriptions_tell_what_to_read(ground: TestGround) {
        let world = world(ground, Signatures::Standard).await;
        let id = world.bought(GOOD_CARD).await;
        world.desk("refunds", json!({"transaction": id, "amount": 100})).await;
        world.desk("disputes", json!({"transaction": id})).await;
        let subscription = world.subscribed(GOOD_CARD).await;
        world.desk("renew", json!({"subscription": subscription})).await;
        let mut subjects = Vec::new();
        for (headers, body) in world.webhooks(3).await {
            assert!(headers.get("creem-signature").is_none());
            let event = world.creem.verify_event(&body, &headers, world.clock.now()).unwrap();
            let object = event.object_id.unwrap();
            subjects.push(world.creem.subject(&event.kind, &object).await.unwrap());
        }
        let payments = subjects.iter().filter(|one| **one == Subject::Payment(id.clone()));
        assert_eq!(payments.count(), 2);
        assert!(subjects.contains(&Subject::Subscription(subscription)));
    }

    async fn a_sandbox_that_signs_the_older_way_alone_is_believed(ground: TestGround) {
        let world = world(ground, Signatures::Creem).await;
        let opened = world.open(Some("prod_sandbox_starter"), 990, false).await;
        world.pay(&opened, GOOD_CARD, "normal").await;
        let (headers, body) = world.webhooks(1).await.remove(0);
        assert!(headers.get("webhook-signature").is_none());
        assert!(world.creem.verify_event(&body, &headers, world.clock.now()).is_some());
    }

    async fn an_event_signed_by_hand_is_believed(ground: TestGround) {
        let world = world(ground, Signatures::Both).await;
        let now = world.clock.now();
        let signed = signed_event("refund.created", "tran_1", &SECRET.into(), now);
        let mut headers = HeaderMap::new();
        for (name, value) in &signed.headers {
            headers.insert(*name, value.parse().unwrap());
        }
        let event = world.creem.verify_event(signed.payload.as_bytes(), &headers, now).unwrap();
        assert_eq!((event.id, event.object_id.as_deref()), (signed.id, Some("tran_1")));
    }
}

on_both_databases! {
    async fn a_purchase_is_granted_once_and_taken_back(ground: TestGround) {
        let shop = shop(ground).await;
        let opened = shop.checkout("starter").await;
        let before = shop.wallet().await.figures.remaining;
        shop.world.pay(&opened, GOOD_CARD, "duplicate:3").await;
        shop.hear(3).await;
        let fulfilled = shop.payments.fulfil(&opened.session_id).await.unwrap();
        let Fulfilment::Granted(recharge) = fulfilled else { panic!("{fulfilled:?}") };
        assert_eq!(shop.wallet().await.figures.remaining, before + 115);
        assert!(shop.findings().await.is_empty());

        let transaction = recharge.transaction_id.unwrap();
        shop.world.desk("refunds", json!({"transaction": transaction, "amount": 495})).await;
        shop.hear(4).await;
        assert_eq!(shop.wallet().await.figures.remaining, before + 58);
        let by = Operator {
            actor: "command-line".to_owned(),
            address: None,
            reason: "a test".to_owned(),
        };
        shop.payments.refund(&recharge.id, None, Some("key"), &by).await.unwrap();
        assert_eq!(shop.wallet().await.figures.remaining, before);
        let history = shop.payments.history_of(&shop.buyer.id, None, 10).await;
        let returns = history.unwrap().returns;
        let sums: Vec<i64> = returns.refunds.iter().map(|refund| refund.amount_minor).collect();
        assert_eq!(sums, [990]);
        assert!(shop.findings().await.is_empty());
    }

    async fn a_won_dispute_gives_the_credits_again(ground: TestGround) {
        let shop = shop(ground).await;
        let opened = shop.checkout("starter").await;
        let before = shop.wallet().await.figures.remaining;
        shop.world.pay(&opened, GOOD_CARD, "never").await;
        let fulfilled = shop.payments.fulfil(&opened.session_id).await.unwrap();
        let transaction = fulfilled.recharge().unwrap().transaction_id.clone().unwrap();
        shop.world.desk("disputes", json!({"transaction": transaction})).await;
        shop.hear(1).await;
        assert_eq!(shop.wallet().await.figures.remaining, before);
        let won = json!({"transaction": transaction, "outcome": "won"});
        shop.world.desk("disputes", won).await;
        // Of that nobody tells; payments of a provider without events are read again each day.
        shop.world.advance(25 * 3_600);
        shop.payments.catch_up(Duration::ZERO).await.unwrap();
        assert_eq!(shop.wallet().await.figures.remaining, before + 115);
    }

    async fn a_purchase_nobody_tells_of_is_found(ground: TestGround) {
        let shop = shop(ground).await;
        let opened = shop.checkout("starter").await;
        let before = shop.wallet().await.figures.remaining;
        shop.world.pay(&opened, GOOD_CARD, "never").await;
        shop.world.advance(31);
        shop.payments.catch_up(Duration::ZERO).await.unwrap();
        assert_eq!(shop.wallet().await.figures.remaining, before + 115);
    }

    async fn a_provider_that_is_away_hides_nothing_of_another(ground: TestGround) {
        let shop = shop(ground).await;
        let opened = shop.checkout("starter").await;
        shop.world.pay(&opened, GOOD_CARD, "never").await;
        let record = shop.record_of(&opened).await;
        let ground = &shop.world.ground;
        let check = |away: Option<&str>| {
            let key = SecretString::from("creem_test_x");
            let creem = Creem::new(&key, SecretString::from(SECRET), &shop.world.base).unwrap();
            let away = away.map(|base| Stripe::new(&"sk_test_1".into(), "whsec_test".into(), base).unwrap());
            let away = away.map(|stripe| Arc::new(stripe) as Arc<dyn Gateway>);
            let gateways = away.into_iter().chain([Arc::new(creem) as Arc<dyn Gateway>]).collect();
            let site = "http://127.0.0.1:3000/".parse().unwrap();
            let (db, clock, catalog) = (ground.db.clone(), shop.world.clock.clone(), ground.catalog.clone());
            let payments = Payments::new(db.clone(), clock.clone(), catalog.clone(), gateways, site, "node".to_owned());
            Reconciliation::new(db, clock, payments, &catalog)
        };
        // Nothing listens there.
        let away = check(Some("http://127.0.0.1:9/"));
        let report = away.check().await.unwrap();
        assert!(report.problem.is_some_and(|problem| problem.contains("stripe") || problem.contains("Stripe")));
        let found: Vec<(Fault, &str)> = report.items.iter().map(|item| (item.kind, item.id.as_str())).collect();
        assert_eq!(found, [(Fault::PaidNotGranted, record.id.as_str())]);
        // The day's report says so, and is made again an hour later, once.
        assert!(away.check_of_the_day().await.unwrap());
        let there = check(None);
        assert!(!there.check_of_the_day().await.unwrap(), "not at once");
        shop.world.advance(3_601);
        assert!(there.check_of_the_day().await.unwrap());
        let reports = there.reports(10).await.unwrap();
        assert_eq!((reports.len(), &reports[0].problem, reports[0].findings), (1, &None, 1));
        shop.world.advance(3_601);
        assert!(!there.check_of_the_day().await.unwrap(), "it is whole now");
    }

    // As with the other provider; payments without a record are not found here, because this one lists none.
    async fn what_is_wrong_with_its_purchases_is_mended(ground: TestGround) {
        let shop = shop(ground).await;
        let before = shop.wallet().await.figures.remaining;
        let has = async |more: i64| assert_eq!(shop.wallet().await.figures.remaining, before + more);
        let opened = shop.checkout("starter").await;
        shop.world.pay(&opened, GOOD_CARD, "never").await;
        let record = shop.record_of(&opened).await;
        shop.mended(Fault::PaidNotGranted, record.id.as_str()).await;
        has(115).await;
        shop.run("UPDATE recharge_records SET status = 'pending', completed_at = NULL WHERE id = $1", record.id.as_str()).await;
        shop.mended(Fault::PaidNotGranted, record.id.as_str()).await;
        has(115).await;
        shop.run("UPDATE recharge_records SET currency = 'eur' WHERE id = $1", record.id.as_str()).await;
        shop.mended(Fault::WrongCurrency, record.id.as_str()).await;
        has(115).await;
        shop.run("UPDATE recharge_records SET credits = credits + 100 WHERE id = $1", record.id.as_str()).await;
        shop.mended(Fault::WrongCredits, record.id.as_str()).await;
        has(115).await;
        let transaction = shop.record_of(&opened).await.transaction_id.unwrap();
        shop.world.desk("refunds", json!({"transaction": transaction, "amount": 495})).await;
        shop.mended(Fault::RefundNotTakenBack, record.id.as_str()).await;
        has(58).await;
        // Nobody paid for it.
        let unpaid = shop.record_of(&shop.checkout("starter").await).await;
        shop.run("UPDATE recharge_records SET status = 'completed', completed_at = created_at WHERE id = $1", unpaid.id.as_str()).await;
        shop.mended(Fault::RecordWithoutPayment, unpaid.id.as_str()).await;
        has(58).await;
        // In dispute, and nobody told.
        let other = shop.checkout("starter").await;
        shop.world.pay(&other, GOOD_CARD, "never").await;
        shop.payments.fulfil(&other.session_id).await.unwrap();
        let record = shop.record_of(&other).await;
        shop.world.desk("disputes", json!({"transaction": record.transaction_id})).await;
        shop.mended(Fault::RefundNotTakenBack, record.id.as_str()).await;
        has(58).await;
        // A plan without its period.
        let plan = shop.checkout("premium-monthly").await;
        shop.world.pay(&plan, GOOD_CARD, "never").await;
        shop.mended(Fault::PaidNotGranted, shop.record_of(&plan).await.id.as_str()).await;
        let period = shop.wallet().await.period.unwrap();
        shop.run("UPDATE wallets SET period_id = NULL WHERE user_id = $1", shop.buyer.id.as_str()).await;
        shop.run("DELETE FROM plan_periods WHERE user_id = $1", shop.buyer.id.as_str()).await;
        let found = shop.reconciliation().check().await.unwrap().items;
        assert_eq!(found.len(), 1, "{found:#?}");
        shop.mended(Fault::PlanInvoiceWithoutPeriod, &found[0].id).await;
        let again = shop.wallet().await.period.unwrap();
        assert_eq!((again.plan, again.ends_at), (period.plan, period.ends_at));
    }

    async fn what_nobody_paid_at_creem_is_taken_back(ground: TestGround) {
        let shop = shop(ground).await;
        let user = &shop.buyer.id;
        let before = shop.remaining(user).await;
        let opened = shop.checkout("starter").await;
        let record = shop.record_of(&opened).await.id;
        shop.grant(user, &record, 115).await;
        shop.mended(Fault::GrantedNotPaid, record.as_str()).await;
        assert_eq!(shop.remaining(user).await, before);
        // It says that it is complete.
        let other = shop.record_of(&shop.checkout("starter").await).await.id;
        shop.grant(user, &other, 115).await;
        shop.run("UPDATE recharge_records SET status = 'completed', completed_at = created_at WHERE id = $1", other.as_str()).await;
        shop.mended(Fault::GrantedNotPaid, other.as_str()).await;
        assert_eq!(shop.remaining(user).await, before);
        // There never was a record.
        let nothing = RechargeId::new(shop.world.clock.now());
        shop.grant(user, &nothing, 115).await;
        shop.mended(Fault::GrantedNotPaid, nothing.as_str()).await;
        assert_eq!(shop.remaining(user).await, before);
        // It is paid after all.
        shop.world.pay(&opened, GOOD_CARD, "never").await;
        shop.payments.fulfil(&opened.session_id).await.unwrap();
        assert_eq!(shop.remaining(user).await, before + 115);
    }

    async fn one_payment_at_creem_grants_once(ground: TestGround) {
        let shop = shop(ground).await;
        let user = &shop.buyer.id;
        let before = shop.remaining(user).await;
        let (_, first, _) = shop.bought("starter").await;
        // It says that it was there before, with a checkout that Creem does not know or with none: that of the other tells.
        for session in [None, Some("ch_0000000000000000000000")] {
            let second = RechargeId::new(shop.world.clock.now());
            let mut tx = shop.world.ground.db.begin().await.unwrap();
            sqlx::query("INSERT INTO recharge_records (id, user_id, provider, item, amount_minor, currency, credits, bonus, \
                         status, payment_id, transaction_id, paid_minor, created_at, completed_at, session_id) \
                         SELECT $2, user_id, provider, item, amount_minor, currency, credits, bonus, status, payment_id, \
                         transaction_id, paid_minor, created_at - 1, completed_at, $3 FROM recharge_records WHERE id = $1")
                .bind(&first).bind(&second).bind(session).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
            shop.grant(user, &second, 115).await;
            assert_eq!(shop.remaining(user).await, before + 230);
            shop.mended(Fault::GrantedTwice, second.as_str()).await;
            assert_eq!(shop.remaining(user).await, before + 115);
        }
    }

    async fn a_purchase_at_creem_comes_to_its_owner(ground: TestGround) {
        let shop = shop(ground).await;
        let (ann, bob) = (shop.buyer.id.clone(), shop.world.ground.account("bob").await.id);
        let before = shop.remaining(&ann).await;
        let has = async |more: i64| assert_eq!((shop.remaining(&ann).await, shop.remaining(&bob).await), (before + more, before));
        let (_, record, _) = shop.bought("starter").await;
        shop.hand_over(&record, &bob).await;
        shop.mended(Fault::WrongOwner, record.as_str()).await;
        has(115).await;
        // It was granted to somebody else.
        let (opened, record) = shop.paid("starter").await;
        let transaction = shop.world.creem.checkout(&opened.session_id).await.unwrap().unwrap().transaction_id.unwrap();
        shop.hand_over(&record, &bob).await;
        let mut tx = shop.world.ground.db.begin().await.unwrap();
        sqlx::query("UPDATE recharge_records SET status = 'completed', completed_at = created_at, payment_id = $2, \
                     transaction_id = $2 WHERE id = $1").bind(&record).bind(&transaction).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        shop.grant(&bob, &record, 115).await;
        shop.mended(Fault::WrongOwner, record.as_str()).await;
        has(230).await;
        // It was kept back: nobody has it, and the money goes back.
        let (opened, record) = shop.paid("starter").await;
        let transaction = shop.world.creem.checkout(&opened.session_id).await.unwrap().unwrap().transaction_id.unwrap();
        shop.hand_over(&record, &bob).await;
        let held = shop.payments.fulfil(&opened.session_id).await.unwrap();
        assert!(matches!(held, Fulfilment::HeldBack(_)), "{held:?}");
        shop.mended(Fault::WrongOwner, record.as_str()).await;
        has(230).await;
        assert_eq!(shop.world.returned(&transaction).await, 990);
    }

    async fn a_record_says_what_creem_says(ground: TestGround) {
        let shop = shop(ground).await;
        let user = &shop.buyer.id;
        let before = shop.remaining(user).await;
        let (opened, record, transaction) = shop.bought("starter").await;
        shop.run("UPDATE recharge_records SET payment_id = 'tran_other' WHERE id = $1", record.as_str()).await;
        shop.mended(Fault::WrongPayment, record.as_str()).await;
        assert_eq!(shop.record_of(&opened).await.payment_id, Some(transaction));
        // What was paid is wrong too, so nothing here vouches for the price.
        shop.run("UPDATE recharge_records SET amount_minor = 991, paid_minor = 991 WHERE id = $1", record.as_str()).await;
        shop.mended(Fault::WrongPayment, record.as_str()).await;
        let mended = shop.record_of(&opened).await;
        assert_eq!((mended.amount_minor, mended.paid_minor), (990, Some(990)));
        assert_eq!(shop.remaining(user).await, before + 115);
        // Kept back in another currency: the money goes back.
        let (opened, record) = shop.paid("starter").await;
        shop.run("UPDATE recharge_records SET currency = 'eur' WHERE id = $1", record.as_str()).await;
        let held = shop.payments.fulfil(&opened.session_id).await.unwrap();
        assert!(matches!(held, Fulfilment::HeldBack(_)), "{held:?}");
        shop.mended(Fault::WrongCurrency, record.as_str()).await;
        let transaction = shop.world.creem.checkout(&opened.session_id).await.unwrap().unwrap().transaction_id.unwrap();
        assert_eq!(shop.world.returned(&transaction).await, 990);
        assert_eq!(shop.remaining(user).await, before + 115);
    }

    async fn what_creem_did_not_take_stays(ground: TestGround) {
        let shop = shop(ground).await;
        let user = &shop.buyer.id;
        let before = shop.remaining(user).await;
        let (_, record, transaction) = shop.bought("starter").await;
        // A dispute takes the money, and of its end nobody tells.
        shop.world.desk("disputes", json!({"transaction": transaction})).await;
        shop.payments.read_payment_again(Provider::Creem, &transaction).await.unwrap();
        assert_eq!(shop.remaining(user).await, before);
        shop.world.desk("disputes", json!({"transaction": transaction, "outcome": "won"})).await;
        shop.mended(Fault::TakenBackWithoutRefund, record.as_str()).await;
        assert_eq!(shop.remaining(user).await, before + 115);
        // Frozen as with a provider that says how disputes end.
        let returned = Returned { recharge: &record, paid_minor: 990, returned_minor: 0, disputed: true, provider: "creem" };
        let mut tx = shop.world.ground.db.begin().await.unwrap();
        credits::returned(&mut tx, user, returned, shop.world.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        shop.run("UPDATE recharge_records SET disputed = 1 WHERE id = $1", record.as_str()).await;
        shop.run("INSERT INTO disputes (id, recharge_id, amount_minor, status, created_at, changed_at) \
                  VALUES ('dispute_none', $1, 990, 'open', 1, 1)", record.as_str()).await;
        assert_eq!(shop.remaining(user).await, before);
        shop.mended(Fault::FrozenWithoutDispute, record.as_str()).await;
        assert_eq!(shop.remaining(user).await, before + 115);
    }

    async fn a_period_that_creem_never_billed_is_withdrawn(ground: TestGround) {
        let shop = shop(ground).await;
        let user = &shop.buyer.id;
        let (_, _, subscription) = shop.bought("premium-monthly").await;
        let plan = shop.wallet().await.period.unwrap();
        let now = shop.world.clock.now();
        let period = NewPeriod {
            subscription_id: &subscription,
            recharge: None,
            plan: "premium-unlimited",
            quota: None,
            starts_at: now.plus_days(1),
            ends_at: now.plus_days(40),
            serves_until: now.plus_days(40),
            renews: true,
            provider: "creem",
        };
        let mut tx = shop.world.ground.db.begin().await.unwrap();
        credits::open_period(&mut tx, user, &period, now).await.unwrap();
        tx.commit().await.unwrap();
        let id: String = sqlx::query_scalar("SELECT id FROM plan_periods WHERE plan = 'premium-unlimited'")
            .fetch_one(shop.world.ground.db.reader()).await.unwrap();
        shop.mended(Fault::PeriodWithoutInvoice, &id).await;
        assert_eq!(shop.wallet().await.period, Some(plan));
    }

    async fn the_second_of_two_plans_at_creem_ends_and_is_paid_back(ground: TestGround) {
        let shop = shop(ground).await;
        let (first, second) = (shop.checkout("premium-monthly").await, shop.checkout("premium-unlimited").await);
        shop.world.pay(&first, GOOD_CARD, "never").await;
        shop.payments.fulfil(&first.session_id).await.unwrap();
        shop.world.advance(2);
        shop.world.pay(&second, GOOD_CARD, "never").await;
        let kept_out = shop.payments.fulfil(&second.session_id).await.unwrap();
        assert!(matches!(kept_out, Fulfilment::Surplus(_)), "{kept_out:?}");
        let younger = shop.record_of(&second).await.subscription_id.unwrap();
        shop.run("UPDATE subscriptions SET surplus = 0, errand = NULL WHERE id = $1", &younger).await;
        shop.mended(Fault::TwoLivePlans, &younger).await;
        assert_eq!(shop.wallet().await.period.unwrap().plan, "premium-monthly");
        let ended = shop.world.subscription(&younger).await;
        assert_eq!(ended.progress, SubscriptionProgress::Ended);
        assert_eq!(shop.world.returned(&ended.invoices[0].id).await, 4_900);
    }

    async fn a_plan_runs_from_its_checkout_to_its_end(ground: TestGround) {
        let shop = shop(ground).await;
        let opened = shop.checkout("premium-monthly").await;
        shop.world.pay(&opened, GOOD_CARD, "normal").await;
        shop.hear(3).await;
        let period = shop.wallet().await.period.unwrap();
        assert_eq!((period.plan.as_str(), period.quota), ("premium-monthly", Some(100)));
        let (user, payments) = (&shop.buyer.id, &shop.payments);
        payments.change_plan(user, "premium-unlimited").await.unwrap();
        shop.hear(4).await;
        let period = shop.wallet().await.period.unwrap();
        assert_eq!((period.plan.as_str(), period.quota), ("premium-unlimited", None));
        shop.world.advance(MONTH);
        shop.hear(5).await;
        let renewed = shop.wallet().await.period.unwrap();
        assert!(renewed.ends_at > period.ends_at && renewed.renews);
        payments.change_plan(user, "premium-monthly").await.unwrap();
        let now = shop.wallet().await.period.unwrap();
        assert_eq!(now.plan, "premium-unlimited", "until the next period");
        payments.set_plan_renewing(user, false).await.unwrap();
        assert!(!shop.wallet().await.period.unwrap().renews);
        let records = payments.recharges_of(user, None, 10).await.unwrap();
        let completed = |status| status == RechargeStatus::Completed;
        assert!(records.iter().all(|record| completed(record.status)));
        assert_eq!(records.len(), 3, "bought, moved up, renewed");
        assert!(shop.findings().await.is_empty());
        let unproven = payments.portal(user, &shop.buyer.email, false).await;
        assert!(matches!(unproven, Err(PlanError::Unverified)), "{unproven:?}");
        let portal = payments.portal(user, &shop.buyer.email, true).await.unwrap();
        assert!(portal.contains("/portal/"), "{portal}");
        shop.world.advance(2 * MONTH);
        shop.payments.catch_up(Duration::ZERO).await.unwrap();
        assert_eq!(shop.wallet().await.period, None);
    }
}

#[tokio::test]
async fn reads_are_tried_three_times_and_acts_once() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (count, asked) = watch::channel(0);
    let unwell = Router::new()
        .fallback(|State(count): State<watch::Sender<usize>>| async move {
            count.send_modify(|count| *count += 1);
            http::StatusCode::SERVICE_UNAVAILABLE
        })
        .with_state(count);
    let base = format!("{}/", serve(unwell).await);
    let creem = Creem::new(&"creem_x".into(), SECRET.into(), &base).unwrap();
    let unreachable = |error| matches!(error, GatewayError::Unreachable { .. });
    assert!(unreachable(creem.checkout("ch_1").await.unwrap_err()));
    assert_eq!(*asked.borrow(), 3);
    assert!(unreachable(
        creem.portal("cust_1", "http://x/").await.unwrap_err()
    ));
    assert_eq!(*asked.borrow(), 4);
}
