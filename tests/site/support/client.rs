use std::sync::{Arc, Mutex};

use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::app::PASSWORD;
use super::multipart::Multipart;
use super::pictures;
use super::{Answer, until};

pub const GOOD_CARD: &str = "4242 4242 4242 4242";
pub const DECLINED_CARD: &str = "4000 0000 0000 0002";

/// The cookie of a session.
pub const SESSION: &str = "atelier_session";

/// A caller: who talks to the program, with what proves who they are. A clone is the same person
/// with the same session.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// The value of the session cookie.
    session: Arc<Mutex<Option<String>>>,
    token: Option<String>,
    pub id: String,
    pub email: String,
}

/// A checkout that waits for its buyer.
#[derive(Clone, Debug)]
pub struct Checkout {
    pub recharge_id: String,
    pub session_id: String,
    /// The hosted page.
    pub url: String,
}

impl Checkout {
    /// Where the buyer lands after paying.
    pub fn landing(&self) -> String {
        format!("/payments/success?session_id={}", self.session_id)
    }
}

impl Client {
    pub fn new(base: &str) -> Self {
        atelier::start::cryptography();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("an HTTP client");
        Self {
            http,
            base: base.to_owned(),
            session: Arc::default(),
            token: None,
            id: String::new(),
            email: String::new(),
        }
    }

    pub fn with_token(mut self, owner: &Self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        (self.id, self.email) = (owner.id.clone(), owner.email.clone());
        self
    }

    /// The same person with the same session, at another node.
    pub fn at(&self, base: &str) -> Self {
        let mut other = self.clone();
        base.clone_into(&mut other.base);
        other
    }

    /// The same person in another browser, not signed in there.
    pub fn elsewhere(&self) -> Self {
        let mut other = Self::new(&self.base);
        (other.id, other.email) = (self.id.clone(), self.email.clone());
        other
    }

    pub async fn signed_up_as(mut self, name: &str) -> Self {
        self.email = format!("{name}@example.com");
        let body = json!({"email": self.email, "password": PASSWORD, "name": name});
        let user = self
            .post_json("/api/auth/sign-up", body)
            .await
            .expect(201)
            .json();
        self.id = user["id"].as_str().expect("an id").to_owned();
        self
    }

    pub async fn signed_in_as(mut self, email: &str, password: &str) -> Self {
        self.email = email.to_owned();
        let body = json!({"email": email, "password": password});
        let user = self
            .post_json("/api/auth/sign-in", body)
            .await
            .expect(200)
            .json();
        self.id = user["id"].as_str().expect("an id").to_owned();
        self
    }

    /// A request with what proves who asks.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let address = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        let request = self.http.request(method, address);
        if let Some(token) = &self.token {
            return request.bearer_auth(token);
        }
        match self.session_id() {
            Some(id) => request.header(COOKIE, format!("{SESSION}={id}")),
            None => request,
        }
    }

    pub fn session_id(&self) -> Option<String> {
        self.session.lock().expect("no panic").clone()
    }

    /// Sends a request and keeps the session it answers with.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let asked = format!("{} {}", request.method(), request.url());
        let response = self.http.execute(request).await;
        let response = response.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        self.keep_session(&response);
        Answer::read(asked, response).await
    }

    /// The same, where an answer may get lost: the program is being killed.
    pub async fn try_send(&self, request: RequestBuilder) -> Option<Answer> {
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.ok()?.to_vec();
        let asked = String::new();
        Some(Answer {
            asked,
            status,
            headers,
            body,
        })
    }

    fn keep_session(&self, response: &reqwest::Response) {
        for cookie in response.headers().get_all(SET_COOKIE) {
            let text = cookie.to_str().unwrap_or_default();
            let Some(value) = text.strip_prefix(SESSION).and_then(|t| t.strip_prefix('=')) else {
                continue;
            };
            let value = value.split(';').next().unwrap_or_default();
            let kept = (!value.is_empty()).then(|| value.to_owned());
            *self.session.lock().expect("no panic") = kept;
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    pub async fn post_json(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    /// The same under an `Idempotency-Key`.
    pub async fn post_json_once(&self, path: &str, key: &str, body: Value) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("idempotency-key", key);
        self.send(request.json(&body)).await
    }

    /// Posts a form as a browser does without script.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.with_fields(path, fields)).await
    }

    /// The same, of a browser that says it wants a page.
    pub async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.with_fields(path, fields).header(ACCEPT, "text/html");
        self.send(request).await
    }

    fn with_fields(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.request(Method::POST, path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
    }

    /// Goes where a form leads, with what it has to say there.
    pub async fn follow(&self, answer: &Answer) -> Answer {
        let flash = answer.headers.get_all(SET_COOKIE).iter();
        let flash = flash
            .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
            .find(|cookie| cookie.starts_with("atelier_flash="));
        let session = self.session_id().unwrap_or_default();
        let cookies = format!("{SESSION}={session}; {}", flash.unwrap_or_default());
        let next = answer.header("location");
        let request = self.elsewhere().request(Method::GET, next);
        self.send(request.header(COOKIE, cookies)).await
    }

    pub async fn upload(&self, path: &str, form: Multipart) -> Answer {
        self.send(form.into_request(self.request(Method::POST, path)))
            .await
    }

    pub async fn wallet(&self) -> Value {
        self.get("/api/credits").await.expect(200).json()
    }

    /// The figures `credits` of the wallet.
    pub async fn figure(&self, name: &str) -> i64 {
        let wallet = self.wallet().await;
        wallet["credits"][name]
            .as_i64()
            .unwrap_or_else(|| panic!("{name} in {wallet}"))
    }

    pub async fn remaining(&self) -> i64 {
        self.figure("remaining").await
    }

    pub async fn entries(&self) -> Vec<Value> {
        let list = self.get("/api/credits/entries?limit=200").await.expect(200);
        list.json()["items"].as_array().cloned().expect("items")
    }

    /// How many entries of this kind there are.
    pub async fn entries_of(&self, kind: &str) -> usize {
        let entries = self.entries().await;
        entries.iter().filter(|entry| entry["kind"] == kind).count()
    }

    // Buying.

    pub async fn checkout(&self, item: &str) -> Checkout {
        let answer = self
            .post_json("/api/checkout", json!({"item": item}))
            .await
            .expect(201);
        checkout_of(&answer)
    }

    /// Fills in the hosted page and presses the button.
    pub async fn pay(&self, checkout: &Checkout, fields: &[(&str, &str)]) -> Answer {
        // The provider's page knows nothing of our session.
        let stranger = Self::new(&self.base);
        stranger.form(&checkout.url, fields).await
    }

    pub async fn pay_by_card(&self, checkout: &Checkout, webhook: &str) -> Answer {
        let fields = [("card_number", GOOD_CARD), ("webhook", webhook)];
        self.pay(checkout, &fields).await.expect(303)
    }

    /// Buys an item with a good card; `webhook` says how Stripe tells of it.
    pub async fn buy(&self, item: &str, webhook: &str) -> Checkout {
        let checkout = self.checkout(item).await;
        self.pay_by_card(&checkout, webhook).await;
        checkout
    }

    /// The recharge record of a checkout.
    pub async fn recharge(&self, checkout: &Checkout) -> Value {
        let list = self.get("/api/recharge?limit=200").await.expect(200).json();
        let records = list["items"].as_array().cloned().unwrap_or_default();
        let found = records
            .into_iter()
            .find(|record| record["id"] == checkout.recharge_id);
        found.unwrap_or_else(|| panic!("no record {}", checkout.recharge_id))
    }

    pub async fn recharge_becomes(&self, checkout: &Checkout, status: &str) -> Value {
        until(&format!("the purchase is {status}"), async || {
            let record = self.recharge(checkout).await;
            (record["status"] == status).then_some(record)
        })
        .await
    }

    // The studio.

    /// A try-on of the two usual pictures.
    pub async fn try_on_usual(&self) -> Answer {
        self.try_on(pictures::person(), pictures::garment()).await
    }

    pub async fn try_on(&self, person: &[u8], garment: &[u8]) -> Answer {
        self.upload("/api/try-on", Multipart::try_on(person, garment))
            .await
    }

    /// Asks a few times for a change under one key, until it is taken: the database may be out of
    /// reach for a moment.
    pub async fn post_json_stubbornly(&self, path: &str, key: &str, body: Value) -> Answer {
        until(&format!("{path} is taken"), async || {
            let answer = self.post_json_once(path, key, body.clone()).await;
            (answer.status < 500).then_some(answer)
        })
        .await
    }

    pub async fn try_on_once(&self, key: &str, form: Multipart) -> Answer {
        let request = self
            .request(Method::POST, "/api/try-on")
            .header("idempotency-key", key);
        self.send(form.into_request(request)).await
    }

    /// Starts the usual try-on; its id.
    pub async fn start_job(&self) -> String {
        let job = self.try_on_usual().await.expect(202).json();
        job["id"].as_str().expect("an id").to_owned()
    }

    pub async fn job(&self, id: &str) -> Value {
        self.get(&format!("/api/jobs/{id}"))
            .await
            .expect(200)
            .json()
    }

    pub async fn job_becomes(&self, id: &str, state: &str) -> Value {
        until(&format!("job {id} is {state}"), async || {
            let job = self.job(id).await;
            (job["state"] == state).then_some(job)
        })
        .await
    }

    /// The job once it has ended, however.
    pub async fn job_ends(&self, id: &str) -> Value {
        until(&format!("job {id} ends"), async || {
            let job = self.job(id).await;
            (!job["finished_at"].is_null()).then_some(job)
        })
        .await
    }
}

pub fn checkout_of(answer: &Answer) -> Checkout {
    let started = answer.json();
    let text = |name: &str| started[name].as_str().unwrap_or_default().to_owned();
    Checkout {
        recharge_id: text("recharge_id"),
        session_id: text("session_id"),
        url: text("url"),
    }
}
