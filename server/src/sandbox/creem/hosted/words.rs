//! The words of the hosted pages, in English and Chinese.

use http::HeaderMap;

use super::cards::Decline;
use crate::sandbox::page;

/// Every word the payer reads.
pub struct Words {
    pub language: &'static str,
    pub sandbox: &'static str,
    pub title: &'static str,
    pub total: &'static str,
    pub every_month: &'static str,
    pub every_year: &'static str,
    pub email: &'static str,
    pub card_number: &'static str,
    pub pay: &'static str,
    pub how: &'static str,
    pub webhook: &'static str,
    pub webhooks: [(&'static str, &'static str); 7],
    pub test_cards: &'static str,
    /// In the order of the cards.
    pub cards: [&'static str; 8],
    pub bad_number: &'static str,
    pub bad_email: &'static str,
    pub already_paid: &'static str,
    pub go_on: &'static str,
    pub expired: &'static str,
    pub unknown: &'static str,
    pub portal: &'static str,
    pub no_subscription: &'static str,
    pub period_end: &'static str,
    pub cancel: &'static str,
    pub resume: &'static str,
    /// Active, past due, unpaid, canceled, about to end.
    statuses: [&'static str; 5],
    declines: [&'static str; 5],
}

impl Words {
    /// The language the browser puts first, of the two there are.
    pub fn accepted(headers: &HeaderMap) -> &'static Self {
        if page::wants_chinese(headers) {
            &CHINESE
        } else {
            &ENGLISH
        }
    }

    pub fn declined(&self, why: Decline) -> &'static str {
        let place = match why {
            Decline::Generic => 0,
            Decline::InsufficientFunds => 1,
            Decline::ExpiredCard => 2,
            Decline::IncorrectCvc => 3,
            Decline::NotATestCard => 4,
        };
        self.declines[place]
    }

    /// How a subscription stands, by Creem's word for it.
    pub fn status(&self, status: &str) -> &'static str {
        let place = match status {
            "active" => 0,
            "past_due" => 1,
            "unpaid" => 2,
            "canceled" => 3,
            _ => 4,
        };
        self.statuses[place]
    }
}

static ENGLISH: Words = Words {
    language: "en",
    sandbox: "Sandbox checkout: no real money",
    title: "Checkout",
    total: "Total",
    every_month: "every month",
    every_year: "every year",
    email: "E-mail address",
    card_number: "Card number",
    pay: "Pay",
    how: "What the sandbox does",
    webhook: "Webhooks",
    webhooks: [
        ("", "as set on the sandbox page"),
        ("normal", "at once"),
        ("delayed:5000", "after 5 seconds"),
        ("duplicate:3", "each three times"),
        ("before_redirect", "answered before going back"),
        ("never", "never"),
        ("reversed", "kept back until released"),
    ],
    test_cards: "Test cards",
    cards: [
        "pays",
        "declined",
        "insufficient funds",
        "expired card",
        "wrong security code",
        "pays; renewals are refused",
        "pays; refunds arrive later",
        "pays; then disputed",
    ],
    bad_number: "Your card number is incorrect.",
    bad_email: "This is not an e-mail address.",
    already_paid: "This is paid already.",
    go_on: "Go on",
    expired: "This checkout has expired. Nothing was charged.",
    unknown: "There is nothing here. Check the link.",
    portal: "Your subscriptions",
    no_subscription: "You have no subscription.",
    period_end: "Paid until",
    cancel: "End with this period",
    resume: "Go on after all",
    statuses: [
        "active",
        "payment is late",
        "unpaid",
        "ended",
        "ends with this period",
    ],
    declines: [
        "Your card was declined.",
        "Your card has insufficient funds.",
        "Your card has expired.",
        "Your card's security code is incorrect.",
        "Your card was declined: only test cards work here.",
    ],
};

static CHINESE: Words = Words {
    language: "zh",
    sandbox: "沙盒结账：不会产生真实扣款",
    title: "结账",
    total: "合计",
    every_month: "每月",
    every_year: "每年",
    email: "电子邮箱",
    card_number: "银行卡号",
    pay: "支付",
    how: "沙盒的行为",
    webhook: "Webhook",
    webhooks: [
        ("", "按沙盒页面的设置"),
        ("normal", "立即发送"),
        ("delayed:5000", "5 秒后发送"),
        ("duplicate:3", "每个发送三次"),
        ("before_redirect", "返回前先得到应答"),
        ("never", "不发送"),
        ("reversed", "保留，直到手动放行"),
    ],
    test_cards: "测试卡",
    cards: [
        "支付成功",
        "被拒绝",
        "余额不足",
        "卡已过期",
        "安全码错误",
        "支付成功；续费被拒",
        "支付成功；退款稍后到账",
        "支付成功；随后被争议",
    ],
    bad_number: "银行卡号不正确。",
    bad_email: "这不是有效的电子邮箱。",
    already_paid: "这笔订单已经支付。",
    go_on: "继续",
    expired: "此结账已过期，没有扣款。",
    unknown: "这里什么也没有，请检查链接。",
    portal: "您的订阅",
    no_subscription: "您没有订阅。",
    period_end: "已付至",
    cancel: "本期结束后取消",
    resume: "恢复续订",
    statuses: ["有效", "付款逾期", "未付款", "已结束", "本期结束后取消"],
    declines: [
        "您的银行卡被拒绝。",
        "您的银行卡余额不足。",
        "您的银行卡已过期。",
        "您的银行卡安全码不正确。",
        "您的银行卡被拒绝：这里只接受测试卡。",
    ],
};
