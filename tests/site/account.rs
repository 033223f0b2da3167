//! What an account does with itself on its page: another address.

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, SET_COOKIE};

use crate::support::app::PASSWORD;
use crate::support::{Answer, App, Client, html, until};

/// Sends a form as a browser does, and follows it to where it leads.
async fn sends(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = client
        .request(Method::POST, path)
        .header(ACCEPT, "text/html")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = client.send(request.body(body)).await.expect(302);
    let flash = answer.headers.get_all(SET_COOKIE).iter();
    let flash = flash
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .find(|cookie| cookie.starts_with("atelier_flash="));
    let session = client.session_id().unwrap_or_default();
    let cookies = format!("atelier_session={session}; {}", flash.unwrap_or_default());
    let next = answer.header("location").to_owned();
    let request = client.elsewhere().request(Method::GET, &next);
    client.send(request.header(COOKIE, cookies)).await
}

/// The path of the newest link of a kind in the letters to an address.
async fn link_to(app: &App, email: &str, kind: &str) -> String {
    until(&format!("a letter with {kind} to {email}"), async || {
        let page = app
            .anonymous()
            .get("/sandbox/mail")
            .await
            .expect(200)
            .text();
        let letters = page
            .split("<article")
            .filter(|letter| letter.contains(email));
        let mut links = letters.filter_map(|letter| letter.split(kind).nth(1).map(str::to_owned));
        let token = links.next()?;
        Some(format!(
            "{kind}{}",
            token.split(['"', '<', '\n']).next()?.trim()
        ))
    })
    .await
}

on_both_databases! {
    async fn the_account_page_changes_the_address(app: &App) {
        let laptop = app.sign_up("ann").await;
        let phone = laptop.elsewhere().signed_in_as(&laptop.email, PASSWORD).await;
        let page = sends(&laptop, "/do/change-email", &[("email", "no address"), ("email_password", PASSWORD)]).await.text();
        assert!(page.contains("does not look like an e-mail address"), "{page}");
        let page = sends(&laptop, "/do/change-email", &[("email", "ann@new.example"), ("email_password", "not mine at all")]).await.text();
        assert!(page.contains("not your current password"), "{page}");
        let page = sends(&laptop, "/do/change-email", &[("email", "ann@new.example"), ("email_password", PASSWORD)]).await.text();
        assert!(page.contains("We have sent a link to the new address"), "{page}");
        let link = link_to(app, "ann@new.example", "/change-email/").await;
        // Nobody is signed in where the letter is opened.
        let anyone = app.anonymous();
        let asked = anyone.get(&link).await.expect(200);
        assert_eq!(asked.header("cache-control"), "no-store");
        assert!(asked.text().contains("ann@new.example"));
        assert!(laptop.get("/account").await.text().contains(&laptop.email), "looking changes nothing");
        let token = html::field(&asked.text(), "token").expect("the token");
        let done = sends(&anyone, "/do/confirm-email", &[("token", &token)]).await.expect(200).text();
        assert!(done.contains("Your address is changed"), "{done}");
        let again = sends(&anyone, "/do/confirm-email", &[("token", &token)]).await.expect(200).text();
        assert!(again.contains("Your address is changed"), "{again}");
        for browser in [&laptop, &phone] {
            assert!(browser.get("/account").await.expect(200).text().contains("ann@new.example"));
        }
        app.anonymous().signed_in_as("ann@new.example", PASSWORD).await;
        until("the old address is told", async || {
            let page = app.anonymous().get("/sandbox/mail").await.text();
            page.split("<article")
                .any(|letter| letter.contains(&laptop.email) && letter.contains("was changed"))
                .then_some(())
        }).await;
    }

    async fn a_taken_address_is_answered_like_a_free_one(app: &App) {
        let (ann, bob) = (app.sign_up("ann").await, app.sign_up("bob").await);
        let mut pages = Vec::new();
        for email in [bob.email.as_str(), "free@example.com"] {
            let page = sends(&ann, "/do/change-email", &[("email", email), ("email_password", PASSWORD)]).await.text();
            let notice = page.split("class=\"notices\"").nth(1).expect("a notice");
            pages.push(notice.split("</div>").next().unwrap_or_default().to_owned());
        }
        assert_eq!(pages[0], pages[1]);
        until("its owner is told", async || {
            let page = app.anonymous().get("/sandbox/mail").await.text();
            page.split("<article")
                .any(|letter| letter.contains(&bob.email) && letter.contains("has an account already"))
                .then_some(())
        }).await;
        let link = link_to(app, "free@example.com", "/change-email/").await;
        app.anonymous().signed_up_as("free").await;
        let token = link.rsplit('/').next().unwrap_or_default();
        let page = sends(&ann, "/do/confirm-email", &[("token", token)]).await.expect(200).text();
        assert!(page.contains("has got an account of its own meanwhile"), "{page}");
        assert!(ann.get("/account").await.text().contains(&ann.email));
    }
}
