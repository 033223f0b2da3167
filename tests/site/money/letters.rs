//! What buyers are told by letter: receipts, refunds, renewals that failed. Each once, however often the
//! provider says it.

use atelier_server::mail::{KeptLetter, kept_letters};
use serde_json::json;

use super::{CARD, FAILS_LATER, Stripe, buy_and_land, intent_of};
use crate::support::{App, Client, until};

const DAY: i64 = 86_400;

/// What `to` was told, oldest first, without the letter that verifies an address.
async fn letters(app: &App, to: &Client) -> Vec<KeptLetter> {
    let folder = app.folder.path().join("mail");
    let kept = kept_letters(&folder, 100).await.unwrap_or_default();
    let told = |letter: &KeptLetter| letter.to == to.email && !letter.text.contains("/verify/");
    kept.into_iter().rev().filter(told).collect()
}

async fn told(app: &App, to: &Client, count: usize) -> Vec<KeptLetter> {
    until("the letter is there", async || {
        // What waits may be one too many.
        let waiting = app.number("SELECT COUNT(*) FROM outgoing_mail").await;
        let letters = letters(app, to).await;
        (waiting == 0 && letters.len() >= count).then_some(letters)
    })
    .await
}

fn subjects(letters: &[KeptLetter]) -> Vec<&str> {
    letters.iter().map(|letter| &*letter.subject).collect()
}

on_both_databases! {
    async fn a_purchase_and_its_refund_are_told_once(app: &App) {
        let mut stripe = Stripe::silent(app).await;
        let ann = app.sign_up("ann").await;
        let bought = buy_and_land(app, &ann, "starter", CARD).await;
        let receipt = told(app, &ann, 1).await.remove(0);
        let record = ann.recharge(&bought).await;
        let link = format!("/payments/receipts/{}", bought.recharge_id);
        for said in [&link, "$9.90", "Atelier Sandbox", record["id"].as_str().expect("an id")] {
            assert!(receipt.text.contains(said), "{said}: {}", receipt.text);
            assert!(receipt.html.contains(said), "{said}: {}", receipt.html);
        }
        ann.get(&link).await.expect(200);

        let wish = json!({"payment_intent": intent_of(&stripe, &bought).await, "amount": 100});
        stripe.desk("refunds", wish).await;
        let news = stripe.news().await;
        stripe.tell(&news).await;
        stripe.tell(&news).await;
        let letters = told(app, &ann, 2).await;
        assert_eq!(
            subjects(&letters),
            ["Your receipt: Starter", "$1.00 is on its way back to you"]
        );
    }

    async fn letters_speak_the_language_of_the_account(app: &App) {
        let _stripe = Stripe::silent(app).await;
        let mei = app.sign_up("mei").await;
        mei.get("/zh/dashboard").await;
        buy_and_land(app, &mei, "starter", CARD).await;
        let receipt = told(app, &mei, 1).await.remove(0);
        assert!(receipt.subject.starts_with("您的收据"), "{}", receipt.subject);
        assert!(receipt.html.contains("lang=\"zh-CN\""), "{}", receipt.html);
    }

    async fn a_renewal_that_fails_is_told_once_and_what_is_paid_gets_a_receipt(app: &App) {
        let mut stripe = Stripe::silent(app).await;
        let ann = app.sign_up("ann").await;
        buy_and_land(app, &ann, "premium-monthly", FAILS_LATER).await;
        told(app, &ann, 1).await;
        stripe.wait(31 * DAY + DAY / 2).await;
        let news = stripe.news().await;
        stripe.tell(&news).await;
        stripe.tell(&news).await;
        let letters = told(app, &ann, 2).await;
        assert_eq!(
            subjects(&letters),
            ["Your receipt: Premium Monthly", "Premium Monthly could not be renewed"]
        );
        assert!(letters[1].text.contains("/payments\n"), "{}", letters[1].text);
    }

    async fn a_letter_is_shown_as_a_page_with_a_policy_of_its_own(app: &App) {
        let _stripe = Stripe::silent(app).await;
        let ann = app.sign_up("ann").await;
        buy_and_land(app, &ann, "starter", CARD).await;
        let receipt = told(app, &ann, 1).await.remove(0);
        let page = ann.get(&format!("/sandbox/mail/{}", receipt.id)).await.expect(200);
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline'"), "{policy}");
        assert_eq!(page.text().trim_end(), receipt.html);
        ann.get("/sandbox/mail/..%2Fatelier").await.expect(404);
    }
}
