//! Payments against the ledger: each fault is planted behind the program's back or done at the provider without a word, found by
//! its kind and id, mended by two clicks at once, and gone, with the wallet as it should be.

use atelier_server::credits::{self, Actor, Grant, NewPeriod, Returned};
use atelier_server::ids::{PeriodId, RechargeId, UserId};
use atelier_server::oversight::Operator;
use atelier_server::oversight::reconciliation::{Kind as Fault, Mend, Mended, Reconciliation};
use atelier_server::payments::{Fulfilment, MendError, Provider};
use atelier_server::testing::proofs::saw_at;
use atelier_server::verify;
use reqwest::Method;
use serde_json::json;

use super::{CARD, Stripe, buy_and_land, intent_of, pay_with, spend, subscription_of};
use crate::support::{App, Checkout, Client};

/// What the page says after a click.
const RIGHT_NOW: &str = "It is right now, and stands in the audit log.";
const RIGHT_ALREADY: &str = "Nothing is wrong with it any more.";

/// The books of a shop whose provider tells nothing, and that asks for nothing by itself.
pub struct Books<'a> {
    app: &'a App,
    pub stripe: Stripe<'a>,
    click: Reconciliation,
}

impl<'a> Books<'a> {
    pub async fn open(app: &'a App) -> Self {
        app.stop_catching_up().await;
        Self {
            app,
            stripe: Stripe::silent(app).await,
            click: Reconciliation::of(&app.services),
        }
    }

    pub async fn run(&self, statement: &'static str, values: &[&str]) {
        assert_eq!(self.app.execute(statement, values).await, 1, "{statement}");
    }

    /// Paid, and nobody was told.
    pub async fn paid(&self, buyer: &Client, item: &str) -> Checkout {
        let checkout = buyer.checkout(item).await;
        pay_with(buyer, &checkout, CARD).await;
        checkout
    }

    pub async fn fulfil(&self, checkout: &Checkout) -> Fulfilment {
        let done = self
            .app
            .services
            .payments
            .fulfil(&checkout.session_id)
            .await;
        done.expect("the provider answers")
    }

    /// What a purchase would bring, in as many credits, behind the back of its record.
    async fn grant(&self, user: &str, recharge: &str, amount: i64) {
        let services = &self.app.services;
        let now = services.clock.now();
        let recharge = RechargeId::parse(recharge).expect("an id");
        let grant = Grant {
            recharge: &recharge,
            credits: amount,
            bonus: 0,
            expires_at: None,
            provider: "stripe",
        };
        let mut tx = services.db.begin().await.expect("a transaction");
        credits::grant(&mut tx, &user_id(user), grant, now)
            .await
            .expect("a grant");
        tx.commit().await.expect("a commit");
    }

    /// The credits of a purchase as if so much of 190 had gone back, or were in dispute.
    async fn returned(&self, user: &str, recharge: &str, returned_minor: i64, disputed: bool) {
        let services = &self.app.services;
        let now = services.clock.now();
        let recharge = RechargeId::parse(recharge).expect("an id");
        let returned = Returned {
            recharge: &recharge,
            paid_minor: 190,
            returned_minor,
            disputed,
            provider: "stripe",
        };
        let mut tx = services.db.begin().await.expect("a transaction");
        credits::returned(&mut tx, &user_id(user), returned, now)
            .await
            .expect("it is taken");
        tx.commit().await.expect("a commit");
    }

    /// Exactly this is found; clicked twice at once, and again, it is gone.
    async fn mended(&self, kind: Fault, id: &str) -> Mend {
        let what = kind.as_str();
        let report = self.click.check().await.expect("a check");
        assert_eq!(report.problem, None);
        let found: Vec<(Fault, &str)> = report
            .items
            .iter()
            .map(|item| (item.kind, item.id.as_str()))
            .collect();
        assert_eq!(found, [(kind, id)], "{what}: {:#?}", report.items);
        let lines = "SELECT COUNT(*) FROM audit_log WHERE action = 'reconciliation.mend'";
        let told = self.app.number(lines).await;
        let admin = self.app.admin().await;
        let finding = format!("{what} {id}");
        let fields = [("finding", finding.as_str()), ("reason", "was found")];
        let click = async || {
            let answer = admin.sends("/do/admin-mend", &fields).await;
            admin.follow(&answer).await.expect(200).text()
        };
        let (first, second) = tokio::join!(click(), click());
        let is = |page: &str, said: &str| page.contains(said);
        let right = |page: &str| is(page, RIGHT_NOW) || is(page, RIGHT_ALREADY);
        assert!(
            right(&first) && right(&second),
            "{what}: a click says otherwise"
        );
        assert!(
            is(&first, RIGHT_NOW) || is(&second, RIGHT_NOW),
            "{what}: neither did it"
        );
        let by = self.operator();
        let again = self.click.mend(kind, id, &by).await.expect("a look");
        assert_eq!(again, Mended::NothingWrong, "{what}");
        let left = self.click.check().await.expect("a check").items;
        assert!(left.is_empty(), "{what}: {left:#?}");
        let left = verify::findings(&self.app.services.db)
            .await
            .expect("the ledger is read");
        assert_eq!(left, [], "{what}");
        // That a provider is asked is told before, by both.
        let mend = report.items[0].mend;
        let asks = [Mend::Adopt, Mend::Fulfil, Mend::GiveBack, Mend::ReadAgain].contains(&mend);
        let told = self.app.number(lines).await - told;
        assert!(told == 1 || told == 2 && asks, "{what}: {told} lines");
        let database = self.app.services.db.kind();
        saw_at(Provider::Stripe, "reconciliation", what, "mended", database);
        mend
    }

    /// Clicks on one of several findings of a purchase, after which none of them is left.
    async fn put_right(&self, kind: Fault, id: &str) {
        let by = self.operator();
        let mended = self.click.mend(kind, id, &by).await.expect("a click");
        assert_eq!(mended, Mended::Done, "{}", kind.as_str());
        let left = self.click.check().await.expect("a check").items;
        assert!(left.is_empty(), "{}: {left:#?}", kind.as_str());
    }

    fn operator(&self) -> Operator {
        Operator {
            actor: format!("admin:{}", UserId::new(self.app.services.clock.now())),
            address: None,
            reason: "was found".to_owned(),
        }
    }

    /// Gives half of 190 back where nobody is told.
    async fn half_back(&self, checkout: &Checkout) {
        let intent = intent_of(&self.stripe, checkout).await;
        let half = json!({"payment_intent": intent, "amount": "95"});
        self.stripe.desk("refunds", half).await;
    }

    async fn has(&self, who: &Client, remaining: i64) {
        assert_eq!(who.remaining().await, remaining);
        let wallet = credits::read(
            &self.app.services.db,
            &user_id(&who.id),
            self.app.services.clock.now(),
        )
        .await;
        assert!(wallet.expect("a wallet").figures.adds_up());
    }
}

fn user_id(id: &str) -> UserId {
    UserId::parse(id).expect("an id")
}

on_both_databases! {
    async fn a_payment_without_a_record_gets_one(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        for (item, remaining) in [("credits-10", 18), ("starter", 133)] {
            let checkout = books.paid(&ann, item).await;
            books.run("DELETE FROM recharge_records WHERE id = $1", &[&checkout.recharge_id]).await;
            books.mended(Fault::PaymentWithoutRecord, &checkout.session_id).await;
            books.has(&ann, remaining).await;
            assert_eq!(ann.recharge(&checkout).await["item"], item);
        }
        // It lost its session only.
        let checkout = books.paid(&ann, "credits-10").await;
        books.run("UPDATE recharge_records SET session_id = NULL WHERE id = $1", &[&checkout.recharge_id]).await;
        books.mended(Fault::PaymentWithoutRecord, &checkout.session_id).await;
        books.has(&ann, 143).await;
        let bob = app.sign_up("bob").await;
        let checkout = books.paid(&bob, "premium-monthly").await;
        books.run("DELETE FROM recharge_records WHERE id = $1", &[&checkout.recharge_id]).await;
        books.mended(Fault::PaymentWithoutRecord, &checkout.session_id).await;
        assert_eq!(bob.wallet().await["premium"]["plan"], "premium-monthly", "{}", bob.wallet().await);
    }

    async fn a_record_that_got_lost_comes_back_without_a_second_grant(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "starter", CARD).await;
        books.run("DELETE FROM recharge_records WHERE id = $1", &[&checkout.recharge_id]).await;
        let admin = app.admin().await;
        let mend = json!({"kind": "payment_without_record", "id": checkout.session_id});
        for outcome in ["done", "nothing_wrong"] {
            let done = admin.post_json("/api/admin/reconciliation/mend", mend.clone()).await.expect(200).json();
            assert_eq!(done["outcome"], outcome);
        }
        books.has(&ann, 123).await;
        assert_eq!(ann.recharge(&checkout).await["id"], checkout.recharge_id);
        let left = books.click.check().await.expect("a check").items;
        assert!(left.is_empty(), "{left:#?}");
    }

    async fn money_that_went_back_before_the_click_brings_nothing(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        // Without a record.
        let checkout = books.paid(&ann, "credits-10").await;
        books.half_back(&checkout).await;
        books.run("DELETE FROM recharge_records WHERE id = $1", &[&checkout.recharge_id]).await;
        books.mended(Fault::PaymentWithoutRecord, &checkout.session_id).await;
        books.has(&ann, 13).await;
        // Its record lost its session.
        let checkout = books.paid(&ann, "credits-10").await;
        books.half_back(&checkout).await;
        books.run("UPDATE recharge_records SET session_id = NULL WHERE id = $1", &[&checkout.recharge_id]).await;
        books.mended(Fault::PaymentWithoutRecord, &checkout.session_id).await;
        books.has(&ann, 18).await;
        // Not granted yet.
        let checkout = books.paid(&ann, "credits-10").await;
        books.half_back(&checkout).await;
        books.mended(Fault::PaidNotGranted, &checkout.recharge_id).await;
        books.has(&ann, 23).await;
        // Its record says that it was granted.
        let checkout = books.paid(&ann, "credits-10").await;
        books.half_back(&checkout).await;
        let intent = intent_of(&books.stripe, &checkout).await;
        books.run("UPDATE recharge_records SET status = 'completed', completed_at = created_at, payment_id = $2, \
                   transaction_id = $2 WHERE id = $1", &[&checkout.recharge_id, &intent]).await;
        books.put_right(Fault::PaidNotGranted, &checkout.recharge_id).await;
        books.has(&ann, 28).await;
        // Somebody else has it, and what they got for it was taken back in part.
        let bob = app.sign_up("bob").await;
        let checkout = books.paid(&ann, "credits-10").await;
        let intent = intent_of(&books.stripe, &checkout).await;
        books.grant(&bob.id, &checkout.recharge_id, 10).await;
        books.run("UPDATE recharge_records SET user_id = $2, status = 'completed', completed_at = created_at, \
                   payment_id = $3, transaction_id = $3 WHERE id = $1", &[&checkout.recharge_id, &bob.id, &intent]).await;
        books.half_back(&checkout).await;
        app.services.payments.read_payment_again(Provider::Stripe, &intent).await.expect("it is read");
        books.has(&bob, 13).await;
        books.put_right(Fault::WrongOwner, &checkout.recharge_id).await;
        books.has(&bob, 8).await;
        books.has(&ann, 33).await;
        assert_eq!(app.number("SELECT COUNT(*) FROM refunds").await, 5);
    }

    async fn a_payment_of_nobody_is_left_to_the_operator(app: &App) {
        let books = Books::open(app).await;
        let fields = [
            ("mode", "payment"),
            ("success_url", "http://127.0.0.1/"),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", "usd"),
            ("line_items[0][price_data][unit_amount]", "190"),
            ("line_items[0][price_data][product_data][name]", "Something of another shop"),
        ];
        let session = books.stripe.api(Method::POST, "checkout/sessions", &fields).await;
        let text = |name: &str| session[name].as_str().expect(name).to_owned();
        let checkout = Checkout { recharge_id: String::new(), session_id: text("id"), url: text("url") };
        let admin = app.admin().await;
        let form = [("card_number", CARD), ("webhook", "never"), ("email", "somebody@example.com")];
        admin.pay(&checkout, &form).await.expect(303);
        let mend = json!({"kind": "payment_without_record", "id": checkout.session_id});
        let refused = admin.post_json("/api/admin/reconciliation/mend", mend).await.expect(409);
        assert_eq!(refused.code(), "conflict");
        let found = admin.get("/api/admin/reconciliation").await.expect(200).json();
        assert_eq!(found["items"][0]["id"], checkout.session_id, "it is still shown: {found}");
    }

    async fn what_was_paid_is_granted_once(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = books.paid(&ann, "credits-10").await;
        books.mended(Fault::PaidNotGranted, &checkout.recharge_id).await;
        books.has(&ann, 18).await;
        // It lost its word.
        books.run("UPDATE recharge_records SET status = 'pending', completed_at = NULL WHERE id = $1", &[&checkout.recharge_id]).await;
        books.mended(Fault::PaidNotGranted, &checkout.recharge_id).await;
        books.has(&ann, 18).await;
        // That of a plan lost its word: its period stands, and no second one is opened.
        let bob = app.sign_up("bob").await;
        let plan = buy_and_land(app, &bob, "premium-monthly", CARD).await;
        let period = bob.wallet().await["premium"].clone();
        books.run("UPDATE recharge_records SET status = 'pending', completed_at = NULL WHERE id = $1", &[&plan.recharge_id]).await;
        books.put_right(Fault::PaidNotGranted, &plan.recharge_id).await;
        assert_eq!(bob.wallet().await["premium"], period);
        assert_eq!(app.number("SELECT COUNT(*) FROM plan_periods").await, 1);
        // It says that it is complete.
        let checkout = books.paid(&ann, "credits-10").await;
        let intent = intent_of(&books.stripe, &checkout).await;
        books.run("UPDATE recharge_records SET status = 'completed', completed_at = created_at, payment_id = $2, \
                   transaction_id = $2 WHERE id = $1", &[&checkout.recharge_id, &intent]).await;
        books.mended(Fault::PaidNotGranted, &checkout.recharge_id).await;
        books.has(&ann, 28).await;
    }

    async fn what_nobody_paid_is_taken_back(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = ann.checkout("credits-10").await;
        books.run("UPDATE recharge_records SET status = 'completed', completed_at = created_at WHERE id = $1", &[&checkout.recharge_id]).await;
        books.mended(Fault::RecordWithoutPayment, &checkout.recharge_id).await;
        books.has(&ann, 8).await;
        books.grant(&ann.id, &checkout.recharge_id, 10).await;
        books.mended(Fault::GrantedNotPaid, &checkout.recharge_id).await;
        books.has(&ann, 8).await;
        // It is paid after all.
        pay_with(&ann, &checkout, CARD).await;
        assert!(matches!(books.fulfil(&checkout).await, Fulfilment::Granted(_)));
        books.has(&ann, 18).await;
        // What was spent is owed.
        let other = ann.checkout("credits-10").await;
        books.grant(&ann.id, &other.recharge_id, 10).await;
        books.run("UPDATE recharge_records SET status = 'completed', completed_at = created_at WHERE id = $1", &[&other.recharge_id]).await;
        assert!(spend(&ann, 25).await);
        books.mended(Fault::GrantedNotPaid, &other.recharge_id).await;
        assert_eq!((ann.remaining().await, ann.figure("debt").await), (0, 7));
        let bob = app.sign_up("bob").await;
        let nothing = RechargeId::new(app.services.clock.now());
        books.grant(&bob.id, nothing.as_str(), 10).await;
        books.mended(Fault::GrantedNotPaid, nothing.as_str()).await;
        books.has(&bob, 8).await;
    }

    async fn one_payment_grants_once(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "credits-10", CARD).await;
        let second = RechargeId::new(app.services.clock.now());
        books.run("INSERT INTO recharge_records (id, user_id, provider, item, amount_minor, currency, credits, bonus, \
                   status, payment_id, transaction_id, paid_minor, created_at, completed_at) \
                   SELECT $2, user_id, provider, item, amount_minor, currency, credits, bonus, status, payment_id, \
                   transaction_id, paid_minor, created_at, completed_at FROM recharge_records WHERE id = $1",
                  &[&checkout.recharge_id, second.as_str()]).await;
        books.grant(&ann.id, second.as_str(), 10).await;
        assert_eq!(ann.remaining().await, 28);
        books.mended(Fault::GrantedTwice, second.as_str()).await;
        books.has(&ann, 18).await;
    }

    async fn a_record_and_its_grant_agree_again(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "starter", CARD).await;
        books.run("UPDATE recharge_records SET credits = credits + 100 WHERE id = $1", &[&checkout.recharge_id]).await;
        books.mended(Fault::WrongCredits, &checkout.recharge_id).await;
        books.has(&ann, 123).await;
        assert_eq!(ann.recharge(&checkout).await["credits"], 115);
        // The record is as it was written, the wallet got something else.
        for (granted, name) in [(4, "bob"), (15, "cleo")] {
            let buyer = app.sign_up(name).await;
            let checkout = books.paid(&buyer, "credits-10").await;
            books.grant(&buyer.id, &checkout.recharge_id, granted).await;
            books.fulfil(&checkout).await;
            books.mended(Fault::WrongCredits, &checkout.recharge_id).await;
            books.has(&buyer, 18).await;
            // From then on its money stands for ten.
            books.half_back(&checkout).await;
            books.mended(Fault::RefundNotTakenBack, &checkout.recharge_id).await;
            books.has(&buyer, 13).await;
        }
        // What was paid for it is back: nothing more is given.
        let eve = app.sign_up("eve").await;
        let checkout = books.paid(&eve, "credits-10").await;
        books.grant(&eve.id, &checkout.recharge_id, 4).await;
        books.fulfil(&checkout).await;
        let intent = intent_of(&books.stripe, &checkout).await;
        books.stripe.desk("refunds", json!({"payment_intent": intent})).await;
        app.services.payments.read_payment_again(Provider::Stripe, &intent).await.expect("it is read");
        books.put_right(Fault::WrongCredits, &checkout.recharge_id).await;
        books.has(&eve, 8).await;
        // Its bonus is missing.
        let dan = app.sign_up("dan").await;
        let checkout = books.paid(&dan, "starter").await;
        books.grant(&dan.id, &checkout.recharge_id, 100).await;
        books.fulfil(&checkout).await;
        books.mended(Fault::WrongCredits, &checkout.recharge_id).await;
        books.has(&dan, 123).await;
    }

    async fn a_purchase_comes_to_its_owner(app: &App) {
        let books = Books::open(app).await;
        let (ann, bob) = (app.sign_up("ann").await, app.sign_up("bob").await);
        let checkout = buy_and_land(app, &ann, "starter", CARD).await;
        books.run("UPDATE recharge_records SET user_id = $2 WHERE id = $1", &[&checkout.recharge_id, &bob.id]).await;
        books.mended(Fault::WrongOwner, &checkout.recharge_id).await;
        books.has(&ann, 123).await;
        books.has(&bob, 8).await;
        // It was granted to somebody else.
        let checkout = books.paid(&ann, "credits-10").await;
        let intent = intent_of(&books.stripe, &checkout).await;
        books.grant(&bob.id, &checkout.recharge_id, 10).await;
        books.run("UPDATE recharge_records SET user_id = $2, status = 'completed', completed_at = created_at, \
                   payment_id = $3, transaction_id = $3 WHERE id = $1", &[&checkout.recharge_id, &bob.id, &intent]).await;
        assert_eq!(books.mended(Fault::WrongOwner, &checkout.recharge_id).await, Mend::Correct);
        books.has(&ann, 133).await;
        books.has(&bob, 8).await;
        // It was kept back: nobody has it, and the money goes back.
        let checkout = books.paid(&ann, "credits-10").await;
        books.run("UPDATE recharge_records SET user_id = $2 WHERE id = $1", &[&checkout.recharge_id, &bob.id]).await;
        assert!(matches!(books.fulfil(&checkout).await, Fulfilment::HeldBack(_)));
        assert_eq!(books.mended(Fault::WrongOwner, &checkout.recharge_id).await, Mend::GiveBack);
        books.has(&ann, 133).await;
        books.has(&bob, 8).await;
        let intent = intent_of(&books.stripe, &checkout).await;
        let refunds = books.stripe.api(Method::GET, &format!("refunds?payment_intent={intent}"), &[]).await;
        assert_eq!(refunds["data"].as_array().map(Vec::len), Some(1), "{refunds}");
        assert_eq!(refunds["data"][0]["amount"], 190);
    }

    async fn what_was_kept_back_and_has_no_payment_stays_with_the_operator(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = books.paid(&ann, "credits-10").await;
        books.run("UPDATE recharge_records SET currency = 'eur' WHERE id = $1", &[&checkout.recharge_id]).await;
        assert!(matches!(books.fulfil(&checkout).await, Fulfilment::HeldBack(_)));
        books.run("UPDATE recharge_records SET session_id = NULL WHERE id = $1", &[&checkout.recharge_id]).await;
        let (payments, id) = (&app.services.payments, RechargeId::parse(&checkout.recharge_id).expect("an id"));
        for _ in 0..2 {
            let refused = payments.give_back_held(&id, &books.operator()).await;
            assert!(matches!(refused, Err(MendError::NothingToReturn)), "{refused:?}");
        }
        let record: (String, Option<String>) = sqlx::query_as("SELECT status, held_back FROM recharge_records")
            .fetch_one(app.services.db.reader()).await.expect("the record");
        assert_eq!(record, ("pending".to_owned(), Some("currency".to_owned())), "it is still to be seen");
        let refunds = books.stripe.api(Method::GET, "refunds", &[]).await;
        assert_eq!(refunds["data"].as_array().map(Vec::len), Some(0), "{refunds}");
        books.has(&ann, 8).await;
        books.run("UPDATE recharge_records SET session_id = $2 WHERE id = $1", &[&checkout.recharge_id, &checkout.session_id]).await;
    }

    async fn a_record_says_what_the_provider_says(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "credits-10", CARD).await;
        for (kind, statement) in [
            (Fault::WrongCurrency, "UPDATE recharge_records SET currency = 'eur' WHERE id = $1"),
            (Fault::WrongPayment, "UPDATE recharge_records SET amount_minor = 191 WHERE id = $1"),
            (Fault::WrongPayment, "UPDATE recharge_records SET payment_id = 'pi_other' WHERE id = $1"),
        ] {
            books.run(statement, &[&checkout.recharge_id]).await;
            books.mended(kind, &checkout.recharge_id).await;
            books.has(&ann, 18).await;
        }
        let record = ann.recharge(&checkout).await;
        assert_eq!((&record["currency"], &record["amount_minor"]), (&json!("usd"), &json!(190)));
        let checkout = books.paid(&ann, "credits-10").await;
        books.run("UPDATE recharge_records SET currency = 'eur' WHERE id = $1", &[&checkout.recharge_id]).await;
        assert!(matches!(books.fulfil(&checkout).await, Fulfilment::HeldBack(_)));
        assert_eq!(books.mended(Fault::WrongCurrency, &checkout.recharge_id).await, Mend::GiveBack);
        books.has(&ann, 18).await;
    }

    async fn money_that_went_back_takes_its_credits_and_no_other(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "credits-10", CARD).await;
        let record = checkout.recharge_id.as_str();
        books.returned(&ann.id, record, 190, false).await;
        books.run("UPDATE recharge_records SET returned_minor = 190 WHERE id = $1", &[record]).await;
        books.run("INSERT INTO refunds (id, recharge_id, amount_minor, status, created_at, changed_at) \
                   VALUES ('re_none', $1, 190, 'succeeded', 1, 1)", &[record]).await;
        assert_eq!(ann.remaining().await, 8);
        books.mended(Fault::TakenBackWithoutRefund, record).await;
        books.has(&ann, 18).await;
        let intent = intent_of(&books.stripe, &checkout).await;
        books.stripe.desk("refunds", json!({"payment_intent": intent})).await;
        books.mended(Fault::RefundNotTakenBack, record).await;
        books.has(&ann, 8).await;
        // Kept, and not acted on.
        let bob = app.sign_up("bob").await;
        let checkout = buy_and_land(app, &bob, "credits-10", CARD).await;
        books.run("INSERT INTO refunds (id, recharge_id, amount_minor, status, created_at, changed_at) \
                   VALUES ('re_other', $1, 190, 'succeeded', 1, 1)", &[&checkout.recharge_id]).await;
        books.mended(Fault::RefundNotTakenBack, &checkout.recharge_id).await;
        books.has(&bob, 18).await;
    }

    async fn what_is_in_dispute_is_frozen_and_nothing_else(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "credits-10", CARD).await;
        let record = checkout.recharge_id.as_str();
        books.returned(&ann.id, record, 0, true).await;
        books.run("UPDATE recharge_records SET disputed = 1 WHERE id = $1", &[record]).await;
        books.run("INSERT INTO disputes (id, recharge_id, amount_minor, status, created_at, changed_at) \
                   VALUES ('dp_none', $1, 190, 'open', 1, 1)", &[record]).await;
        assert_eq!(ann.figure("frozen").await, 10);
        books.mended(Fault::FrozenWithoutDispute, record).await;
        assert_eq!((ann.remaining().await, ann.figure("frozen").await), (18, 0));
        let intent = intent_of(&books.stripe, &checkout).await;
        books.stripe.desk("disputes", json!({"payment_intent": intent})).await;
        books.mended(Fault::DisputeNotFrozen, record).await;
        assert_eq!((ann.remaining().await, ann.figure("frozen").await), (8, 10));
    }

    async fn periods_and_invoices_go_together(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "premium-monthly", CARD).await;
        let subscription = subscription_of(&books.stripe, &checkout).await;
        let invoice = ann.recharge(&checkout).await["payment_id"].as_str().expect("an invoice").to_owned();
        books.run("UPDATE wallets SET period_id = NULL WHERE user_id = $1", &[&ann.id]).await;
        books.run("DELETE FROM plan_periods WHERE user_id = $1", &[&ann.id]).await;
        books.mended(Fault::PlanInvoiceWithoutPeriod, &format!("{subscription}#{invoice}")).await;
        let plan = ann.wallet().await["premium"].clone();
        assert_eq!(plan["plan"], "premium-monthly", "{plan}");
        let now = app.services.clock.now();
        let period = NewPeriod {
            subscription_id: &subscription,
            recharge: None,
            plan: "premium-unlimited",
            quota: None,
            starts_at: now.plus_days(1),
            ends_at: now.plus_days(40),
            serves_until: now.plus_days(40),
            renews: true,
            provider: "stripe",
        };
        let mut tx = app.services.db.begin().await.expect("a transaction");
        credits::open_period(&mut tx, &user_id(&ann.id), &period, now).await.expect("a period");
        tx.commit().await.expect("a commit");
        let id: String = sqlx::query_scalar("SELECT id FROM plan_periods WHERE plan = 'premium-unlimited'")
            .fetch_one(app.services.db.reader()).await.expect("the period");
        books.mended(Fault::PeriodWithoutInvoice, &id).await;
        assert_eq!(ann.wallet().await["premium"], plan);
    }

    async fn a_period_that_was_withdrawn_opens_again_once_it_is_paid(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "premium-monthly", CARD).await;
        let plan = ann.wallet().await["premium"].clone();
        let subscription = subscription_of(&books.stripe, &checkout).await;
        let invoice = ann.recharge(&checkout).await["payment_id"].as_str().expect("an invoice").to_owned();
        let id: String = sqlx::query_scalar("SELECT id FROM plan_periods").fetch_one(app.services.db.reader()).await.expect("the period");
        let now = app.services.clock.now();
        let mut tx = app.services.db.begin().await.expect("a transaction");
        let period = PeriodId::parse(&id).expect("an id");
        credits::withdraw_period(&mut tx, &user_id(&ann.id), &period, Actor::CommandLine, now).await.expect("it is withdrawn");
        tx.commit().await.expect("a commit");
        assert_eq!(ann.wallet().await["premium"]["active"], false);
        books.mended(Fault::PlanInvoiceWithoutPeriod, &format!("{subscription}#{invoice}")).await;
        assert_eq!(ann.wallet().await["premium"], plan);
    }

    async fn a_renewal_of_a_deleted_account_is_given_back(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "premium-monthly", CARD).await;
        let subscription = subscription_of(&books.stripe, &checkout).await;
        // Its end has not come to the provider yet.
        books.run("UPDATE users SET deleted_at = created_at WHERE id = $1", &[&ann.id]).await;
        for _ in 0..2 {
            books.stripe.wait(2).await;
            books.stripe.desk("renew", json!({"subscription": subscription, "outcome": "paid"})).await;
        }
        app.services.payments.read_subscription_again(Provider::Stripe, &subscription).await.expect("it is read");
        let held: Vec<String> = sqlx::query_scalar("SELECT id FROM recharge_records WHERE held_back = 'account_deleted' ORDER BY id")
            .fetch_all(app.services.db.reader()).await.expect("the records");
        assert_eq!(held.len(), 2, "{held:?}");
        for id in &held {
            let mended = books.click.mend(Fault::PaidNotGranted, id, &books.operator()).await.expect("a click");
            assert_eq!(mended, Mended::Done);
        }
        let left = books.click.check().await.expect("a check").items;
        assert!(left.is_empty(), "{left:#?}");
        let refunds = books.stripe.api(Method::GET, "refunds", &[]).await;
        assert_eq!(refunds["data"].as_array().map(Vec::len), Some(2), "the period that served stays paid: {refunds}");
        let ended = books.stripe.api(Method::GET, &format!("subscriptions/{subscription}"), &[]).await;
        assert_eq!(ended["status"], "canceled");
    }

    async fn a_refund_after_a_failed_one_is_made(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let checkout = buy_and_land(app, &ann, "credits-10", CARD).await;
        let intent = intent_of(&books.stripe, &checkout).await;
        let (payments, by) = (&app.services.payments, books.operator());
        let id = RechargeId::parse(&checkout.recharge_id).expect("an id");
        books.stripe.desk("refunds", json!({"payment_intent": intent, "fails": "1"})).await;
        payments.read_payment_again(Provider::Stripe, &intent).await.expect("it is read");
        // Whatever became of that one.
        books.stripe.wait(3 * 24 * 3_600).await;
        payments.read_payment_again(Provider::Stripe, &intent).await.expect("it is read");
        books.has(&ann, 18).await;
        payments.refund(&id, None, None, &by).await.expect("money goes back");
        books.has(&ann, 8).await;
    }

    async fn the_second_of_two_living_plans_ends_and_is_paid_back(app: &App) {
        let books = Books::open(app).await;
        let ann = app.sign_up("ann").await;
        let (first, second) = (ann.checkout("premium-monthly").await, ann.checkout("premium-unlimited").await);
        pay_with(&ann, &first, CARD).await;
        books.fulfil(&first).await;
        // Stripe counts in seconds.
        books.stripe.wait(2).await;
        pay_with(&ann, &second, CARD).await;
        books.fulfil(&second).await;
        let younger = subscription_of(&books.stripe, &second).await;
        books.run("UPDATE subscriptions SET surplus = 0, errand = NULL WHERE id = $1", &[&younger]).await;
        books.mended(Fault::TwoLivePlans, &younger).await;
        assert_eq!(ann.wallet().await["premium"]["plan"], "premium-monthly");
        assert_eq!(ann.recharge(&second).await["status"], "refunded");
        let ended = books.stripe.api(Method::GET, &format!("subscriptions/{younger}"), &[]).await;
        assert_eq!(ended["status"], "canceled");
    }
}
