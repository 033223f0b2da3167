//! The words of the portal and of invoices, in English and Chinese.

use http::HeaderMap;

use crate::sandbox::stripe::checkout::words::{self, Words as Common};

/// Every word the customer reads, beside those of the other pages.
pub struct Words {
    pub common: &'static Common,
    pub title: &'static str,
    pub plans: &'static str,
    pub no_plans: &'static str,
    pub next_bill: &'static str,
    pub ends: &'static str,
    pub ended: &'static str,
    pub cancel: &'static str,
    pub resume: &'static str,
    pub switch: &'static str,
    pub switch_to: &'static str,
    pub unpaid: &'static str,
    pub pay: &'static str,
    pub card: &'static str,
    pub change_card: &'static str,
    pub invoices: &'static str,
    pub no_invoices: &'static str,
    pub invoice: &'static str,
    pub back: &'static str,
    pub statuses: [(&'static str, &'static str); 7],
}

impl Words {
    /// The language the browser puts first, of the two there are.
    pub fn accepted(headers: &HeaderMap) -> &'static Self {
        let common = Common::accepted(headers);
        match common.language {
            "zh" => &CHINESE,
            _ => &ENGLISH,
        }
    }

    /// A status of Stripe's in words.
    pub fn status<'a>(&self, status: &'a str) -> &'a str {
        let known = self.statuses.iter().find(|(name, _)| *name == status);
        known.map_or(status, |(_, word)| word)
    }
}

static ENGLISH: Words = Words {
    common: &words::ENGLISH,
    title: "Your plans and invoices",
    plans: "Plans",
    no_plans: "You have no plan.",
    next_bill: "Next bill",
    ends: "Ends",
    ended: "Ended",
    cancel: "Cancel at the end of the period",
    resume: "Keep the plan",
    switch: "Switch plan now",
    switch_to: "Other plan",
    unpaid: "The last invoice could not be charged.",
    pay: "Pay now",
    card: "Card number",
    change_card: "Change card",
    invoices: "Invoices",
    no_invoices: "There is no invoice yet.",
    invoice: "Invoice",
    back: "Go back",
    statuses: [
        ("active", "active"),
        ("past_due", "unpaid"),
        ("canceled", "ended"),
        ("incomplete", "not paid yet"),
        ("paid", "paid"),
        ("open", "to be paid"),
        ("draft", "draft"),
    ],
};

static CHINESE: Words = Words {
    common: &words::CHINESE,
    title: "您的套餐与账单",
    plans: "套餐",
    no_plans: "您没有套餐。",
    next_bill: "下次扣款",
    ends: "结束于",
    ended: "已结束于",
    cancel: "到期后取消",
    resume: "继续使用套餐",
    switch: "立即更换套餐",
    switch_to: "其他套餐",
    unpaid: "上一张账单扣款失败。",
    pay: "立即支付",
    card: "银行卡号",
    change_card: "更换银行卡",
    invoices: "账单",
    no_invoices: "暂无账单。",
    invoice: "账单",
    back: "返回",
    statuses: [
        ("active", "生效中"),
        ("past_due", "未付款"),
        ("canceled", "已结束"),
        ("incomplete", "尚未付款"),
        ("paid", "已支付"),
        ("open", "待支付"),
        ("draft", "草稿"),
    ],
};
