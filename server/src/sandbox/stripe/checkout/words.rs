//! The words of the hosted pages, in English and Chinese.

use http::HeaderMap;

use super::cards::Decline;
use crate::sandbox::page;
use crate::sandbox::stripe::billing::{Interval, UNITS};

/// Every word the payer reads.
pub struct Words {
    pub language: &'static str,
    pub sandbox: &'static str,
    pub title: &'static str,
    pub total: &'static str,
    pub card_number: &'static str,
    pub pay: &'static str,
    pub cancel: &'static str,
    pub how: &'static str,
    pub webhook: &'static str,
    pub method: &'static str,
    pub webhooks: [(&'static str, &'static str); 7],
    pub methods: [(&'static str, &'static str); 3],
    pub test_cards: &'static str,
    pub cards: [(&'static str, &'static str); 13],
    pub bad_number: &'static str,
    pub already_paid: &'static str,
    pub under_way: &'static str,
    pub go_on: &'static str,
    pub expired: &'static str,
    pub unknown: &'static str,
    pub ask: &'static str,
    pub approve: &'static str,
    pub fail: &'static str,
    pub receipt: &'static str,
    pub refunded: &'static str,
    pub tax: &'static str,
    pub charge: &'static str,
    pub only_by_card: &'static str,
    pub misfit: &'static str,
    renews: &'static str,
    every: &'static str,
    every_some: &'static str,
    /// A day, a week, a month, a year; then several of them.
    units: [[&'static str; 2]; 4],
    declines: [&'static str; 8],
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

    /// `2 months`, `month`.
    pub fn interval(&self, every: Interval) -> String {
        let place = UNITS.iter().position(|unit| *unit == every.unit());
        let [one, many] = self.units[place.unwrap_or(0)];
        match every.count() {
            1 => self.every.replace("{unit}", one),
            count => self
                .every_some
                .replace("{count}", &count.to_string())
                .replace("{unit}", many),
        }
    }

    /// That `amount` is paid again and again.
    pub fn renews(&self, every: Interval, amount: &str) -> String {
        self.renews
            .replace("{every}", &self.interval(every))
            .replace("{amount}", amount)
    }

    pub fn declined(&self, why: Decline) -> &'static str {
        let place = match why {
            Decline::Generic | Decline::LostCard | Decline::StolenCard => 0,
            Decline::InsufficientFunds => 1,
            Decline::ExpiredCard => 2,
            Decline::IncorrectCvc => 3,
            Decline::ProcessingError => 4,
            Decline::NotATestCard => 5,
            Decline::AuthenticationFailed | Decline::AuthenticationRequired => 6,
            Decline::BankRefused => 7,
        };
        self.declines[place]
    }
}

pub static ENGLISH: Words = Words {
    language: "en",
    sandbox: "Sandbox checkout: no real money",
    title: "Checkout",
    total: "Total",
    card_number: "Card number",
    pay: "Pay",
    cancel: "Cancel and go back",
    how: "What the sandbox does",
    webhook: "Webhooks",
    method: "Way to pay",
    webhooks: [
        ("", "as set on the sandbox page"),
        ("normal", "at once"),
        ("delayed:5000", "after 5 seconds"),
        ("duplicate:3", "each three times"),
        ("before_redirect", "answered before going back"),
        ("never", "never"),
        ("reversed", "kept back until released"),
    ],
    methods: [
        ("card", "card"),
        (
            "delayed:succeeded:5000",
            "by bank, comes in after 5 seconds",
        ),
        ("delayed:failed:5000", "by bank, fails after 5 seconds"),
    ],
    test_cards: "Test cards",
    cards: [
        ("4242424242424242", "pays"),
        ("4000002760003184", "asks the bank first (3-D Secure)"),
        ("4000000000000341", "pays a plan once, then is declined"),
        ("4000000000000002", "declined"),
        ("4000000000009995", "insufficient funds"),
        ("4000000000000069", "expired card"),
        ("4000000000000127", "wrong security code"),
        ("4000000000000119", "processing error"),
        ("4000000000007726", "pays; refunds arrive later"),
        ("4000000000005126", "pays; refunds fail later"),
        ("4000000000000259", "pays; disputed as fraud"),
        ("4000000000002685", "pays; disputed as not received"),
        ("4000000000001976", "pays; the bank inquires"),
    ],
    bad_number: "Your card number is incorrect.",
    already_paid: "This is paid already.",
    under_way: "Your payment is under way.",
    go_on: "Go on",
    expired: "This checkout has expired. Nothing was charged.",
    unknown: "There is nothing here. Check the link.",
    ask: "Your bank asks: is it you who pays?",
    approve: "Yes, complete the payment",
    fail: "No, fail the authentication",
    receipt: "Receipt",
    refunded: "Refunded",
    tax: "Tax",
    charge: "Ends with something else (sandbox only)",
    only_by_card: "A plan is paid by card.",
    misfit: "The session cannot end with that.",
    renews: "Renews {every} for {amount} until you cancel.",
    every: "every {unit}",
    every_some: "every {count} {unit}",
    units: [
        ["day", "days"],
        ["week", "weeks"],
        ["month", "months"],
        ["year", "years"],
    ],
    declines: [
        "Your card was declined.",
        "Your card has insufficient funds.",
        "Your card has expired.",
        "Your card's security code is incorrect.",
        "An error occurred while processing your card. Try again in a little bit.",
        "Your card was declined: only test cards work here.",
        "Your bank did not confirm that it is you. Try another card.",
        "Your bank refused the payment.",
    ],
};

pub static CHINESE: Words = Words {
    language: "zh",
    sandbox: "沙盒收银台：不涉及真实资金",
    title: "收银台",
    total: "合计",
    card_number: "银行卡号",
    pay: "支付",
    cancel: "取消并返回",
    how: "沙盒行为",
    webhook: "Webhook 通知",
    method: "支付方式",
    webhooks: [
        ("", "按沙盒页面的设置"),
        ("normal", "立即发送"),
        ("delayed:5000", "5 秒后发送"),
        ("duplicate:3", "每个发送三次"),
        ("before_redirect", "返回商户之前送达"),
        ("never", "不发送"),
        ("reversed", "保留，直到手动放行"),
    ],
    methods: [
        ("card", "银行卡"),
        ("delayed:succeeded:5000", "银行转账，5 秒后到账"),
        ("delayed:failed:5000", "银行转账，5 秒后失败"),
    ],
    test_cards: "测试卡",
    cards: [
        ("4242424242424242", "支付成功"),
        ("4000002760003184", "需银行验证（3-D Secure）"),
        ("4000000000000341", "套餐首次付款成功，续费被拒绝"),
        ("4000000000000002", "被拒绝"),
        ("4000000000009995", "余额不足"),
        ("4000000000000069", "卡已过期"),
        ("4000000000000127", "安全码错误"),
        ("4000000000000119", "处理出错"),
        ("4000000000007726", "支付成功，退款稍后到账"),
        ("4000000000005126", "支付成功，退款稍后失败"),
        ("4000000000000259", "支付成功，之后以欺诈为由争议"),
        ("4000000000002685", "支付成功，之后以未收到为由争议"),
        ("4000000000001976", "支付成功，之后银行查询"),
    ],
    bad_number: "银行卡号不正确。",
    already_paid: "此订单已支付。",
    under_way: "付款正在处理中。",
    go_on: "继续",
    expired: "此收银台已过期，未扣款。",
    unknown: "此处没有内容，请检查链接。",
    ask: "您的银行询问：是您本人在付款吗？",
    approve: "是，完成支付",
    fail: "否，验证失败",
    receipt: "收据",
    refunded: "已退款",
    tax: "税费",
    charge: "以其他金额结束（仅限沙盒）",
    only_by_card: "套餐只能用银行卡支付。",
    misfit: "此订单不能这样结束。",
    renews: "{every}自动续费 {amount}，直到您取消。",
    every: "每{unit}",
    every_some: "每 {count} {unit}",
    units: [["天", "天"], ["周", "周"], ["月", "个月"], ["年", "年"]],
    declines: [
        "您的银行卡被拒绝。",
        "您的银行卡余额不足。",
        "您的银行卡已过期。",
        "您的银行卡安全码不正确。",
        "处理银行卡时出错，请稍后再试。",
        "银行卡被拒绝：此处只能使用测试卡。",
        "银行未能确认您的身份，请换一张卡。",
        "银行拒绝了此付款。",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn language(accepted: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
        Words::accepted(&headers).language
    }

    #[test]
    fn takes_the_language_the_browser_likes_most() {
        assert_eq!(language("zh-CN,zh;q=0.9,en;q=0.8"), "zh");
        assert_eq!(language("en;q=0.5, zh;q=0.9"), "zh");
        assert_eq!(language("de, fr;q=0.3"), "en");
        assert_eq!(language("zh;q=0"), "en");
    }
}
