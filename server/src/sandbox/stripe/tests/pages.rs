use super::{FORM, GOOD_CARD, World, sandbox};

/// As it stands on the card.
const GOOD_CARD_IN_FOURS: &str = "4242 4242 4242 4242";

async fn page(world: &World, path: &str, language: &str) -> (u16, String) {
    let request = world
        .http
        .get(world.url(path))
        .header("accept-language", language);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn the_page_says_what_is_bought_in_the_payers_language() {
    let world = sandbox().await;
    let session = world.session().await;
    let path = format!("checkout/{}", session.id);
    let (status, english) = page(&world, &path, "en").await;
    assert_eq!(status, 200);
    for words in [
        "<html lang=\"en\">",
        "Sandbox checkout: no real money",
        "115 credits",
        "Pay USD 9.90",
        ">Card number</label>",
        "http://127.0.0.1:3000/payments/cancelled",
        &format!("?card={GOOD_CARD}"),
        GOOD_CARD_IN_FOURS,
    ] {
        assert!(english.contains(words), "{words}: {english}");
    }
    let (_, chinese) = page(&world, &path, "zh-CN,zh;q=0.9").await;
    assert!(chinese.contains("<html lang=\"zh\">") && chinese.contains("支付 USD 9.90"));
    let (_, filled) = page(&world, &format!("{path}?card={GOOD_CARD}"), "en").await;
    assert!(filled.contains(&format!("value=\"{GOOD_CARD_IN_FOURS}\"")));
}

#[tokio::test]
async fn the_pages_have_no_inline_script_or_style() {
    let world = sandbox().await;
    let session = world.session().await;
    let answer = world.get(&format!("checkout/{}", session.id)).await;
    for forbidden in [
        "<script",
        "<style",
        "style=\"",
        "onclick",
        "onsubmit",
        "javascript:",
    ] {
        assert!(!answer.text.contains(forbidden), "{forbidden}");
    }
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("form-action"));
    assert!(answer.text.contains("href=\"../style.css\""));
    assert!(
        world.get("style.css").await.headers["content-type"]
            .to_str()
            .unwrap()
            .contains("css")
    );
}

#[tokio::test]
async fn what_the_merchant_says_is_not_markup() {
    let world = sandbox().await;
    let form = FORM.replace("115+credits", "<script>alert(1)</script>");
    let made = world.post("v1/checkout/sessions", &form, None).await.json();
    let path = format!("checkout/{}", made["id"].as_str().unwrap());
    let (_, html) = page(&world, &path, "en").await;
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !html.contains("<script>"));
}

#[tokio::test]
async fn a_paid_or_expired_page_says_so() {
    let world = sandbox().await;
    let paid = world.paid_session().await;
    let (status, html) = page(&world, &format!("checkout/{}", paid.id), "en").await;
    assert_eq!(status, 200);
    assert!(html.contains("paid already"));
    assert!(html.contains(&format!("payments/success?session_id={}", paid.id)));
    let charge = paid
        .payment_intent
        .unwrap()
        .into_object()
        .unwrap()
        .latest_charge
        .unwrap();
    let (status, receipt) = page(&world, &format!("receipts/{}", charge.id()), "en").await;
    assert_eq!(status, 200);
    assert!(receipt.contains("USD 9.90"));

    let open = world.session().await;
    world.advance(24 * 3_600);
    let (status, html) = page(&world, &format!("checkout/{}", open.id), "en").await;
    assert_eq!(status, 200);
    assert!(html.contains("has expired") && !html.contains("<form"));
    assert_eq!(page(&world, "checkout/cs_test_none", "en").await.0, 404);
}
