//! Purchases as the operator sees them: found by whatever names them, everything about one on its page, a refund shown before it is
//! made. Beside them plans, and the statement that says where credits went.

use atelier_server::ids::RechargeId;
use atelier_server::payments::{Fulfilment, RefundError};
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::reconciliation::Books;
use super::{CARD, buy_and_land, intent_of, spend, subscription_of};
use crate::support::{Checkout, Client, html};

const LIST: &str = "/api/admin/recharges";

async fn ids(admin: &Client, query: &str) -> Vec<String> {
    let list = admin
        .get(&format!("{LIST}{query}"))
        .await
        .expect(200)
        .json();
    let items = list["items"].as_array().expect("items").iter();
    items
        .map(|item| item["id"].as_str().expect("an id").to_owned())
        .collect()
}

async fn page(client: &Client, path: &str) -> String {
    client.get(path).await.expect(200).text()
}

fn page_of(checkout: &Checkout) -> String {
    format!("/admin/purchases/{}", checkout.recharge_id)
}

/// The form of a previewed refund, as the page has it.
struct Confirm(Vec<(&'static str, String)>);

impl Confirm {
    async fn shown(admin: &Client, checkout: &Checkout, query: &str) -> (Self, String) {
        let page = page(admin, &format!("{}?{query}", page_of(checkout))).await;
        let form = page.split("action=\"/do/admin-refund\"").nth(1);
        let form = form.unwrap_or_else(|| panic!("no preview: {page}"));
        let fields = ["id", "refund", "amount", "mark", "key"];
        let field = |name| (name, html::field(form, name).unwrap_or_default());
        (Self(fields.map(field).into()), page.clone())
    }

    async fn send(&self, client: &Client, reason: &str) -> String {
        let fields = self.0.iter().map(|(name, value)| (*name, value.as_str()));
        let fields: Vec<(&str, &str)> = fields.chain([("reason", reason)]).collect();
        let answer = client.sends("/do/admin-refund", &fields).await.expect(302);
        client.follow(&answer).await.expect(200).text()
    }
}

/// Amount, credits taken, there, owed.
fn previewed(page: &str) -> [i64; 4] {
    [
        "refund-amount",
        "refund-taken",
        "refund-free",
        "refund-owed",
    ]
    .map(|name| {
        let figure = html::figure(page, name);
        figure.parse().expect("a number")
    })
}

on_both_databases! {
    async fn purchases_are_found_by_whatever_names_them(app: &App) {
        let books = Books::open(app).await;
        let (admin, ann, bob) = (app.admin().await, app.sign_up("ann").await, app.sign_up("bob").await);
        let bought = buy_and_land(app, &ann, "credits-10", CARD).await;
        let plan = buy_and_land(app, &ann, "premium-monthly", CARD).await;
        let open = bob.checkout("starter").await;
        let (bought_id, plan_id, open_id) = (&bought.recharge_id, &plan.recharge_id, &open.recharge_id);
        assert_eq!(ids(&admin, "").await, [open_id, plan_id, bought_id].map(Clone::clone));

        // The shape is that of one's own records, and whose it is.
        let list = admin.get(LIST).await.expect(200).json();
        let shown = &list["items"][2];
        let mut own = ann.recharge(&bought).await;
        own["user_id"] = json!(ann.id);
        own["held_back"] = Value::Null;
        assert_eq!(*shown, own);

        let payment = own["payment_id"].as_str().expect("a payment");
        let subscription = subscription_of(&books.stripe, &plan).await;
        for (search, found) in [
            (bought_id.as_str(), vec![bought_id]),
            (ann.id.as_str(), vec![plan_id, bought_id]),
            (&bought.session_id, vec![bought_id]),
            (payment, vec![bought_id]),
            (&subscription, vec![plan_id]),
            ("BOB@example.com", vec![open_id]),
            ("bob@", vec![]),
            ("cs_nothing", vec![]),
        ] {
            let found: Vec<String> = found.into_iter().cloned().collect();
            assert_eq!(ids(&admin, &format!("?q={}", search.replace('@', "%40"))).await, found, "{search}");
        }
        let first = admin.get(&format!("{LIST}?limit=2")).await.expect(200).json();
        let next = first["next"].as_str().expect("more");
        assert_eq!(ids(&admin, &format!("?limit=2&cursor={next}")).await, [bought_id.as_str()]);

        // By how they stand.
        let whole = buy_and_land(app, &bob, "credits-10", CARD).await;
        let part = buy_and_land(app, &bob, "credits-10", CARD).await;
        let disputed = buy_and_land(app, &bob, "credits-10", CARD).await;
        let back = |it: &Checkout| format!("/api/admin/recharges/{}/refund", it.recharge_id);
        admin.post_json(&back(&whole), json!({})).await.expect(200);
        admin.post_json(&back(&part), json!({"amount_minor": 50})).await.expect(200);
        let intent = intent_of(&books.stripe, &disputed).await;
        books.stripe.desk("disputes", json!({"payment_intent": intent})).await;
        app.services.payments.read_payment_again(atelier_server::payments::Provider::Stripe, &intent).await.expect("it is read");
        for (status, found) in [
            ("pending", vec![open_id]), ("completed", vec![plan_id, bought_id]), ("refunded", vec![&whole.recharge_id]),
            ("partially_refunded", vec![&part.recharge_id]), ("disputed", vec![&disputed.recharge_id]), ("failed", vec![]),
        ] {
            let found: Vec<String> = found.into_iter().cloned().collect();
            assert_eq!(ids(&admin, &format!("?status={status}")).await, found, "{status}");
        }
        assert_eq!(ids(&admin, "?provider=stripe").await.len(), 6);
        assert!(ids(&admin, "?provider=creem").await.is_empty());

        // Held back: paid by somebody else.
        books.run("UPDATE recharge_records SET user_id = $2 WHERE id = $1", &[open_id, &ann.id]).await;
        super::pay_with(&bob, &open, CARD).await;
        assert!(matches!(books.fulfil(&open).await, Fulfilment::HeldBack(_)));
        for reason in ["any", "owner"] {
            assert_eq!(ids(&admin, &format!("?held_back={reason}")).await, [open_id.as_str()], "{reason}");
        }
        assert!(ids(&admin, "?held_back=account_deleted").await.is_empty());
        let said = page(&admin, &page_of(&open)).await;
        assert!(said.contains("it is of another account") || said.contains("that it is of another account"), "{said}");
        assert!(said.contains("Give the money back"), "{said}");

        // As a file, by a header and by the page's link.
        let request = admin.request(Method::GET, LIST).header(ACCEPT, "text/csv");
        let by_header = admin.send(request).await.expect(200).text();
        let link = format!("{LIST}?format=csv&q={}", ann.id);
        let shown = page(&admin, &format!("/admin/purchases?q={}", ann.id)).await;
        assert!(shown.contains(&link.replace('&', "&amp;")), "{shown}");
        let by_link = admin.get(&link).await.expect(200).text();
        assert_eq!((by_header.lines().count(), by_link.lines().count()), (7, 4));
        assert!(by_link.contains(&format!("{bought_id},{},stripe,credits-10,190,usd,10,0,completed,", ann.id)), "{by_link}");

        ann.get(LIST).await.expect(403);
        ann.get("/admin/purchases").await.expect(403);
        ann.get(&page_of(&bought)).await.expect(403);
        for query in ["?status=odd", "?provider=odd", "?held_back=odd", "?cursor=odd"] {
            admin.get(&format!("{LIST}{query}")).await.expect(422);
        }
    }

    async fn what_a_refund_does_is_shown_before_it_is_made(app: &App) {
        let _books = Books::open(app).await;
        let admin = app.admin().await;
        // Spent before, what goes back first, what goes back then: the amount, credits taken, there, owed.
        let table = [
            ("ann", 0, None, "refund=all", [190, 10, 10, 0]),
            ("bob", 0, None, "refund=part&amount=0.95", [95, 5, 5, 0]),
            ("cem", 0, Some(95), "refund=all", [95, 5, 5, 0]),
            ("dan", 0, Some(57), "refund=part&amount=0.57", [57, 3, 3, 0]),
            ("eva", 12, None, "refund=all", [190, 10, 6, 4]),
            ("fay", 18, None, "refund=part&amount=1", [100, 5, 0, 5]),
        ];
        for (name, spent, first, query, expected) in table {
            let buyer = app.sign_up(name).await;
            let checkout = buy_and_land(app, &buyer, "credits-10", CARD).await;
            assert!(spent == 0 || spend(&buyer, spent).await);
            if let Some(amount) = first {
                let path = format!("/api/admin/recharges/{}/refund", checkout.recharge_id);
                admin.post_json(&path, json!({"amount_minor": amount})).await.expect(200);
            }
            let before = buyer.wallet().await["credits"].clone();
            let returned = |record: &Value| record["returned_minor"].as_i64().expect("an amount");
            let back = returned(&buyer.recharge(&checkout).await);
            let (confirm, shown) = Confirm::shown(&admin, &checkout, query).await;
            assert_eq!(previewed(&shown), expected, "{name}");
            assert_eq!(buyer.wallet().await["credits"], before, "{name}: looking changes nothing");

            let said = confirm.send(&admin, "they asked for it").await;
            assert!(said.contains("The money goes back"), "{name}: {said}");
            let after = buyer.wallet().await["credits"].clone();
            let change = |field: &str| after[field].as_i64().expect("n") - before[field].as_i64().expect("n");
            let done = [returned(&buyer.recharge(&checkout).await) - back, change("removed"), -change("remaining"), change("debt")];
            assert_eq!(done, expected, "{name}: it does what was shown");
            // The same form again is the same refund.
            confirm.send(&admin, "they asked for it").await;
            assert_eq!(buyer.wallet().await["credits"], after, "{name}");
            let log = admin.get(&format!("/api/admin/audit?action=recharge.refund&target={}", checkout.recharge_id)).await.expect(200).json();
            assert_eq!(log["items"][0]["reason"], "they asked for it");
        }
    }

    async fn two_forms_that_saw_the_same_books_give_back_once(app: &App) {
        let books = Books::open(app).await;
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let checkout = buy_and_land(app, &ann, "credits-10", CARD).await;
        let (first, _) = Confirm::shown(&admin, &checkout, "refund=part&amount=0.50").await;
        let (second, _) = Confirm::shown(&admin, &checkout, "refund=part&amount=0.50").await;
        tokio::join!(first.send(&admin, "they asked for it"), second.send(&admin, "they asked twice"));
        let intent = intent_of(&books.stripe, &checkout).await;
        let refunds = books.stripe.api(Method::GET, &format!("refunds?payment_intent={intent}"), &[]).await;
        assert_eq!(refunds["data"].as_array().map(Vec::len), Some(1), "{refunds}");
        assert_eq!(ann.recharge(&checkout).await["returned_minor"], 50);
        // Who has seen that may wish for more.
        let (third, _) = Confirm::shown(&admin, &checkout, "refund=part&amount=0.50").await;
        third.send(&admin, "and once more").await;
        assert_eq!(ann.recharge(&checkout).await["returned_minor"], 100);
    }

    async fn a_refund_whose_preview_is_no_longer_true_is_shown_anew(app: &App) {
        let books = Books::open(app).await;
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let checkout = buy_and_land(app, &ann, "credits-10", CARD).await;
        let (confirm, shown) = Confirm::shown(&admin, &checkout, "refund=all").await;
        assert_eq!(previewed(&shown), [190, 10, 10, 0]);
        assert!(spend(&ann, 12).await);
        let said = confirm.send(&admin, "they asked for it").await;
        assert!(said.contains("nothing was given back"), "{said}");
        assert_eq!(previewed(&said), [190, 10, 6, 4], "as it is now");
        assert_eq!(ann.recharge(&checkout).await["returned_minor"], 0);
        assert_eq!(ann.remaining().await, 6);

        // Without a reason nothing is done, and nobody else does it.
        let (confirm, _) = Confirm::shown(&admin, &checkout, "refund=all").await;
        assert!(confirm.send(&admin, " ").await.contains("Say why"));
        let fields: Vec<(&str, &str)> = confirm.0.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ann.form("/do/admin-refund", &[&fields[..], &[("reason", "mine")]].concat()).await;
        assert_eq!(ann.recharge(&checkout).await["returned_minor"], 0);

        // What cannot go back is said at its field.
        let asked = |query: &str| format!("{}?refund=part&amount={query}", page_of(&checkout));
        for (amount, said) in [("1.91", "No more than what is left"), ("0", "An amount above zero"), ("1,9", "An amount above zero")] {
            let page = page(&admin, &asked(amount)).await;
            assert!(page.contains(said) && !page.contains("/do/admin-refund"), "{amount}: {page}");
        }
        let id = RechargeId::parse(&checkout.recharge_id).expect("an id");
        let beyond = app.services.payments.preview_refund(&id, Some(191)).await;
        assert!(matches!(beyond, Err(RefundError::TooMuch(190))), "{beyond:?}");

        // A plan: its period ends, and no credits go.
        let plan = buy_and_land(app, &ann, "premium-monthly", CARD).await;
        for (query, ends) in [("refund=part&amount=5", false), ("refund=all", true)] {
            let (confirm, shown) = Confirm::shown(&admin, &plan, query).await;
            assert_eq!(shown.contains("the plan with it"), ends, "{query}");
            assert_eq!(html::figure(&shown, "refund-taken"), "0");
            confirm.send(&admin, "it ends").await;
            assert_eq!(ann.wallet().await["premium"]["active"], !ends, "{query}");
        }
        drop(books);
    }

    async fn what_was_paid_and_not_granted_is_said_and_mended_on_its_page(app: &App) {
        let books = Books::open(app).await;
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let unpaid = ann.checkout("credits-10").await;
        let said = page(&admin, &page_of(&unpaid)).await;
        assert!(said.contains("Stripe does not say that this was paid"), "{said}");
        let checkout = books.paid(&ann, "credits-10").await;
        let said = page(&admin, &page_of(&checkout)).await;
        assert!(said.contains("Stripe says that this was paid, and nothing was granted"), "{said}");
        assert!(said.contains("Read it again and grant it"), "{said}");
        let value = |name: &str| html::field(&said, name).expect("a field of the form");
        let finding = html::button(&said, "finding").expect("a button");
        let fields = [("finding", finding), ("purchase", value("purchase")), ("reason", value("reason"))];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = admin.sends("/do/admin-mend", &fields).await.expect(302);
        assert_eq!(answer.header("location"), page_of(&checkout));
        assert_eq!(ann.remaining().await, 18);
        let said = page(&admin, &page_of(&checkout)).await;
        assert!(!said.contains("/do/admin-mend") && said.contains("Paid and granted"), "{said}");
    }

    async fn plans_are_listed_with_how_they_go_on(app: &App) {
        let books = Books::open(app).await;
        let (admin, ann, bob) = (app.admin().await, app.sign_up("ann").await, app.sign_up("bob").await);
        let first = buy_and_land(app, &ann, "premium-monthly", CARD).await;
        // The provider counts in seconds.
        books.stripe.wait(2).await;
        let second = buy_and_land(app, &bob, "premium-unlimited", CARD).await;
        let (first, second) = (subscription_of(&books.stripe, &first).await, subscription_of(&books.stripe, &second).await);
        let list = admin.get("/api/admin/subscriptions?limit=1").await.expect(200).json();
        assert_eq!((&list["items"][0]["id"], &list["items"][0]["user_id"]), (&json!(second), &json!(bob.id)));
        assert_eq!((&list["items"][0]["plan"], &list["items"][0]["renews"]), (&json!("premium-unlimited"), &json!(true)));
        let next = list["next"].as_str().expect("more");
        let list = admin.get(&format!("/api/admin/subscriptions?limit=1&cursor={next}")).await.expect(200).json();
        assert_eq!((&list["items"][0]["id"], &list["next"]), (&json!(first), &Value::Null));
        let of_ann = admin.get(&format!("/api/admin/subscriptions?user_id={}", ann.id)).await.expect(200).json();
        assert_eq!(of_ann["items"].as_array().map(Vec::len), Some(1));
        let none = admin.get("/api/admin/subscriptions?status=ended").await.expect(200).json();
        assert_eq!(none["items"], json!([]));
        for (asked, found) in [
            (format!("q={}", ann.email), vec![&first]),
            (format!("q={}", bob.id), vec![&second]),
            (format!("q={first}"), vec![&first]),
            ("q=nobody@example.com".to_owned(), vec![]),
            ("q=sub_of_nobody".to_owned(), vec![]),
            ("provider=stripe".to_owned(), vec![&second, &first]),
            (format!("provider=stripe&status=active&q={}", ann.email), vec![&first]),
            (format!("provider=creem&q={}", ann.email), vec![]),
        ] {
            let list = admin.get(&format!("/api/admin/subscriptions?{asked}")).await.expect(200).json();
            let ids: Vec<&Value> = list["items"].as_array().expect("a list").iter().map(|it| &it["id"]).collect();
            assert_eq!(ids, found, "{asked}");
            let shown = page(&admin, &format!("/admin/subscriptions?{asked}")).await;
            for id in [&first, &second] {
                assert_eq!(shown.contains(&format!("<code class=\"id\">{id}</code>")), found.contains(&id), "{asked}: {shown}");
            }
        }
        let file = admin.get("/api/admin/subscriptions?format=csv").await.expect(200).text();
        assert_eq!(file.lines().count(), 3);
        let shown = page(&admin, "/admin/subscriptions?status=active").await;
        for part in [ann.email.as_str(), &bob.email, "renews by itself", &format!("/admin/purchases?q={first}")] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        ann.get("/api/admin/subscriptions").await.expect(403);
        admin.get("/api/admin/subscriptions?status=odd").await.expect(422);
        admin.get("/api/admin/subscriptions?provider=odd").await.expect(422);
    }

    async fn a_statement_says_where_credits_went(app: &App) {
        let _books = Books::open(app).await;
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let bought = buy_and_land(app, &ann, "credits-10", CARD).await;
        let job = ann.start_job().await;
        ann.job_becomes(&job, "succeeded").await;
        assert!(spend(&ann, 2).await);
        let change = |action: &str, amount: i64| json!({"action": action, "amount": amount, "reason": "sent twice by mistake", "user_id": ann.id});
        admin.post_json("/api/credits", change("add", 40)).await.expect(200);
        admin.post_json("/api/credits", change("deduct", 5)).await.expect(200);
        let back = format!("/api/admin/recharges/{}/refund", bought.recharge_id);
        admin.post_json(&back, json!({"amount_minor": 95})).await.expect(200);
        let path = format!("/admin/users/{}/statement", ann.id);
        let shown = page(&admin, &path).await;
        for (cause, amount) in [
            ("initial", 8), ("purchase", 10), ("added", 40), ("try_on", -1), ("own_deduction", -2), ("deducted", -5), ("taken_back", -5),
        ] {
            assert_eq!(html::figure(&shown, &format!("sum-{cause}")), amount.to_string(), "{cause}");
        }
        assert_eq!(html::figure(&shown, "sum-balance"), ann.remaining().await.to_string());
        for part in ["sent twice by mistake", &job, &format!("/admin/purchases/{}", bought.recharge_id)] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let file = admin.get(&format!("/api/credits/entries?format=csv&user_id={}", ann.id)).await.expect(200).text();
        assert!(file.contains("sent twice by mistake") && file.contains(&job), "{file}");
        let bob = app.sign_up("bob").await;
        bob.get(&path).await.expect(403);
        bob.get(&format!("/api/credits/entries?user_id={}", ann.id)).await.expect(403);
        admin.get("/api/credits/entries?user_id=00000000-0000-7000-8000-000000000000").await.expect(404);

        // The account's page leads to all of it.
        let shown = page(&admin, &format!("/admin/users/{}", ann.id)).await;
        for part in [path.as_str(), &format!("/admin/purchases/{}", bought.recharge_id), &job, "Partly refunded"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}
