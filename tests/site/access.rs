//! What is open in an account's name: tokens, sessions, the password, and accounts of an outside system.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::json;

use crate::support::app::PASSWORD;
use crate::support::live::Live;
use crate::support::{Client, html};

/// Sends a form as a browser does; the account page that it leads back to.
async fn sends(client: &Client, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = client.sends(path, fields).await.expect(302);
    let cookies = answer.headers.get_all(SET_COOKIE).iter();
    let flash = cookies
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .find(|cookie| cookie.starts_with("atelier_flash="))
        .expect("something is said");
    account_with(client, flash).await
}

/// The account page with one more cookie.
async fn account_with(client: &Client, cookie: &str) -> String {
    let session = client.session_id().expect("somebody is signed in");
    let cookies = format!("atelier_session={session}; {cookie}");
    let request = client
        .elsewhere()
        .request(Method::GET, "/account")
        .header(COOKIE, cookies);
    client.send(request).await.expect(200).text()
}

on_both_databases! {
    async fn a_token_is_made_used_and_revoked_by_its_owner_alone(app: &App) {
        let (ann, bob) = (app.sign_up("ann").await, app.sign_up("bob").await);
        let body = json!({"name": "My shop", "scopes": ["credits:read"]});
        let made = ann.post_json("/api/tokens", body).await.expect(201).json();
        let secret = made["secret"].as_str().expect("a secret");
        assert!(secret.starts_with("atl_"));
        let shop = app.anonymous().with_token(&ann, secret);
        assert_eq!(shop.remaining().await, 8);
        let listed = ann.get("/api/tokens").await.expect(200);
        assert!(!listed.text().contains(secret), "the secret is shown once");
        let token = listed.json()["items"][0].clone();
        assert_eq!(token["name"], "My shop");
        assert_eq!(token["scopes"], json!(["credits:read"]));
        assert!(token["last_used_at"].is_string());
        // A token neither lists, makes nor ends tokens, whatever its scopes.
        let address = format!("/api/tokens/{}", made["id"].as_str().expect("an id"));
        assert_eq!(shop.get("/api/tokens").await.expect(403).code(), "forbidden");
        shop.post_json("/api/tokens", json!({"scopes": ["jobs"]})).await.expect(403);
        shop.delete(&address).await.expect(403);
        assert_eq!(bob.delete(&address).await.expect(404).code(), "not_found");
        ann.delete(&address).await.expect(204);
        assert_eq!(shop.get("/api/credits").await.expect(401).code(), "unauthenticated");
        ann.delete(&address).await.expect(404);
    }

    async fn a_right_that_is_not_ones_own_is_refused_where_it_is_minted(app: &App) {
        let ann = app.sign_up("ann").await;
        for scopes in [json!(["credits:write"]), json!(["jobs", "admin"]), json!(["everything"]), json!([]), json!("jobs")] {
            let refused = ann.post_json("/api/tokens", json!({"scopes": scopes})).await.expect(422);
            assert_eq!(refused.code(), "validation");
            assert!(refused.json()["errors"]["scopes"].is_string(), "{}", refused.text());
        }
        assert_eq!(ann.get("/api/tokens").await.json()["items"], json!([]));
        let page = sends(&ann, "/do/create-token", &[("scopes[]", "credits:write")]).await;
        assert!(page.contains("Only an administrator"), "{page}");
        let page = sends(&ann, "/do/create-token", &[]).await;
        assert!(page.contains("Choose at least one"), "{page}");
        assert_eq!(ann.get("/api/tokens").await.json()["items"], json!([]));
    }

    async fn the_account_page_makes_shows_once_and_revokes_a_token(app: &App) {
        let ann = app.sign_up("ann").await;
        let fields = [("label", "My <shop>"), ("scopes[]", "credits:read"), ("scopes[]", "jobs")];
        let page = sends(&ann, "/do/create-token", &fields).await;
        let field = html::tags(&page).find(|tag| tag.contains("id=\"f-secret\"")).expect("the new token");
        let secret = html::attribute(field, "value").expect("its secret");
        let shop = app.anonymous().with_token(&ann, &secret);
        assert_eq!(shop.remaining().await, 8);
        shop.get("/api/jobs").await.expect(200);
        let again = ann.get("/account").await.expect(200).text();
        assert!(again.contains("My &lt;shop&gt;") && !again.contains(&secret));
        let id = ann.get("/api/tokens").await.json()["items"][0]["id"].as_str().expect("an id").to_owned();
        sends(&ann, "/do/revoke-token", &[("id", &id)]).await;
        shop.get("/api/credits").await.expect(401);
    }

    async fn a_forged_flash_shows_no_token(app: &App) {
        let (ann, bob) = (app.sign_up("ann").await, app.sign_up("bob").await);
        let made = bob.post_json("/api/tokens", json!({"scopes": ["jobs"]})).await.expect(201).json();
        let foreign = made["secret"].as_str().expect("a secret");
        for secret in [foreign, "atl_read-this-and-call-me"] {
            let flash = json!({"form": "tokens", "outcomes": ["token-made"], "typed": {"token": secret}});
            let page = account_with(&ann, &format!("atelier_flash={}", base64_url(&flash.to_string()))).await;
            assert!(!page.contains(secret), "{page}");
        }
    }

    async fn sessions_are_seen_on_the_account_page_and_end_with_their_streams(app: &App) {
        let laptop = app.sign_up("ann").await;
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
        let phone = laptop.elsewhere();
        let body = json!({"email": laptop.email, "password": PASSWORD});
        let request = phone.request(Method::POST, "/api/auth/sign-in").header("user-agent", agent).json(&body);
        phone.send(request).await.expect(200);
        let mut stream = Live::open(&phone).await;
        assert!(stream.next().await.is_some());
        let page = laptop.get("/account").await.expect(200).text();
        assert!(page.contains("Firefox · Linux"), "{page}");
        let form = page.split("action=\"/do/end-session\"").nth(1).expect("a session to end");
        let name = html::field(form, "id").expect("its name");
        assert!(!page.contains(&phone.session_id().expect("a session")), "a name opens nothing");
        sends(&laptop, "/do/end-session", &[("id", &name)]).await;
        stream.ends(Duration::from_secs(5)).await;
        phone.get("/api/credits").await.expect(401);
        assert_eq!(laptop.remaining().await, 8);
    }

    async fn a_new_password_keeps_this_browser_and_ends_everything_else(app: &App) {
        let laptop = app.sign_up("ann").await;
        let phone = laptop.elsewhere().signed_in_as(&laptop.email, PASSWORD).await;
        let before = laptop.session_id();
        let wrong = [("present", "not my password"), ("password", "another password")];
        let page = sends(&laptop, "/do/change-password", &wrong).await;
        assert!(page.contains("not your current password"), "{page}");
        phone.get("/api/credits").await.expect(200);
        let right = [("present", PASSWORD), ("password", "another password")];
        let page = sends(&laptop, "/do/change-password", &right).await;
        assert!(page.contains("Your password is changed"), "{page}");
        assert_ne!(laptop.session_id(), before, "the session got a new name");
        assert_eq!(laptop.remaining().await, 8);
        phone.get("/api/credits").await.expect(401);
        let signed_in = phone.post_json("/api/auth/sign-in", json!({"email": laptop.email, "password": PASSWORD})).await;
        signed_in.expect(401);
        laptop.elsewhere().signed_in_as(&laptop.email, "another password").await;
    }

    async fn an_outside_system_keeps_its_users_through_the_api(app: &App) {
        let (admin, ann) = (app.admin().await, app.sign_up("ann").await);
        let system = app.token(&admin, "users:sync").await;
        let body = json!({"external_id": "ext-1", "email": "Zoe@Example.com", "name": "Zoe"});
        let made = system.post_json("/api/user/sync", body.clone()).await.expect(201).json();
        assert_eq!((&made["user"]["email"], &made["wallet"]["credits"]["remaining"]), (&json!("zoe@example.com"), &json!(8)));
        let again = system.post_json("/api/user/sync", body).await.expect(200).json();
        assert_eq!(again, made);
        let found = system.get("/api/user/sync?external_id=ext-1").await.expect(200).json();
        assert_eq!(found, made);
        assert_eq!(system.get("/api/user/sync?external_id=ext-2").await.expect(404).code(), "not_found");
        let taken = system.post_json("/api/user/sync", json!({"external_id": "ext-2", "email": ann.email})).await;
        assert_eq!(taken.expect(409).code(), "conflict");
        let bad = system.post_json("/api/user/sync", json!({"external_id": " ", "email": "nobody"})).await.expect(422).json();
        assert!(bad["errors"]["external_id"].is_string() && bad["errors"]["email"].is_string(), "{bad}");
        // Everybody may ask for themselves, and nobody else for others.
        let own = ann.get("/api/user/sync").await.expect(200).json();
        assert_eq!(own["user"]["id"], ann.id.as_str());
        ann.get("/api/user/sync?external_id=ext-1").await.expect(403);
        let body = json!({"external_id": "ext-3", "email": "new@example.com"});
        ann.post_json("/api/user/sync", body.clone()).await.expect(403);
        app.token(&admin, "admin").await.post_json("/api/user/sync", body).await.expect(403);
        system.get("/api/credits").await.expect(403);
    }
}

fn base64_url(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}
