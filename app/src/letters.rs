//! Letters in words: what the mailer in `server` sends, as text and as a page that says the same.

use std::sync::Arc;

use atelier_server::catalog::Catalog;
use atelier_server::mail::{Letter, Matter, Wording};
use atelier_server::oversight::anomalies::News;
use atelier_server::payments::{GRACE, Recharge, Refund, Subscription};
use leptos::prelude::*;

use crate::components::item::{bought, item_name, paid_of, paid_with};
use crate::components::seller::seller_of;
use crate::components::{anomaly, fault};
use crate::i18n::Words;
use crate::routes;

/// How long a link to reset the password works, in minutes.
pub const RESET_MINUTES: &str = "30";
/// How long a link to verify an address works, in days.
const VERIFY_DAYS: &str = "7";
/// How long a link to a new address works, in hours.
const CHANGE_HOURS: &str = "24";

/// The wording of letters for a site at `site` (ends in a slash) that sells what is in `catalog`.
pub fn wording(site: &str, catalog: Arc<Catalog>) -> Wording {
    let site = site.trim_end_matches('/').to_owned();
    Arc::new(move |matter, language| {
        let desk = Desk {
            w: Words(language),
            site: &site,
            catalog: &catalog,
        };
        desk.page(matter).letter(desk.w)
    })
}

/// Where letters are written.
struct Desk<'a> {
    w: Words,
    site: &'a str,
    catalog: &'a Catalog,
}

/// What a letter says, in its order.
struct Page {
    subject: String,
    text: String,
    /// Names and what they are.
    facts: Vec<(String, String)>,
    /// What can be done: words and address.
    act: (String, String),
    note: String,
    /// Who wrote it, a line each.
    from: Vec<String>,
}

impl Desk<'_> {
    fn page(&self, matter: &Matter) -> Page {
        match matter {
            Matter::Verify { token } => self.verify(token),
            Matter::Reset { token } => self.reset(token),
            Matter::ChangeEmail { token } => self.change_email(token),
            Matter::EmailTaken => self.email_taken(),
            Matter::EmailChanged => self.email_changed(),
            Matter::Receipt(recharge) => self.receipt(recharge),
            Matter::Refund(refund, recharge) => self.refund(refund, recharge),
            Matter::RenewalFailed(plan) => self.renewal_failed(plan),
            Matter::News(news) => self.news(news),
            Matter::SpendingStopped => self.spending("mail-stopped-subject", "mail-stopped-text"),
            Matter::SpendingLifted => self.spending("mail-lifted-subject", "mail-lifted-text"),
        }
    }

    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.site)
    }

    /// Who sells, as whoever paid has to be told.
    fn seller(&self) -> Vec<String> {
        let seller = seller_of(self.catalog);
        let mut lines = vec![seller.name.to_string()];
        lines.extend(seller.address.lines().map(str::to_owned));
        lines.push(seller.contact.to_string());
        lines
    }

    fn verify(&self, token: &str) -> Page {
        let w = self.w;
        Page {
            subject: w.say("mail-verify-subject"),
            text: w.say("mail-verify-text"),
            facts: Vec::new(),
            act: (
                w.say("mail-verify-act"),
                self.link(&format!("{}/{token}", routes::VERIFY)),
            ),
            note: w.say_with("mail-verify-note", &[("days", VERIFY_DAYS.into())]),
            from: vec![w.say("bar-brand")],
        }
    }

    fn reset(&self, token: &str) -> Page {
        let w = self.w;
        Page {
            subject: w.say("mail-reset-subject"),
            text: w.say("mail-reset-text"),
            facts: Vec::new(),
            act: (
                w.say("mail-reset-act"),
                self.link(&format!("{}/{token}", routes::RESET)),
            ),
            note: w.say_with("mail-reset-note", &[("minutes", RESET_MINUTES.into())]),
            from: vec![w.say("bar-brand")],
        }
    }

    fn change_email(&self, token: &str) -> Page {
        let w = self.w;
        Page {
            subject: w.say("mail-change-subject"),
            text: w.say("mail-change-text"),
            facts: Vec::new(),
            act: (
                w.say("mail-change-act"),
                self.link(&format!("{}/{token}", routes::CHANGE_EMAIL)),
            ),
            note: w.say_with("mail-change-note", &[("hours", CHANGE_HOURS.into())]),
            from: vec![w.say("bar-brand")],
        }
    }

    fn email_taken(&self) -> Page {
        let w = self.w;
        Page {
            subject: w.say("mail-taken-subject"),
            text: w.say("mail-taken-text"),
            facts: Vec::new(),
            act: (w.say("mail-taken-act"), self.link(routes::SIGN_IN)),
            note: w.say("mail-taken-note"),
            from: vec![w.say("bar-brand")],
        }
    }

    fn email_changed(&self) -> Page {
        let w = self.w;
        let contact = seller_of(self.catalog).contact.to_string();
        Page {
            subject: w.say("mail-moved-subject"),
            text: w.say("mail-moved-text"),
            facts: Vec::new(),
            act: (w.say("mail-moved-act"), self.link(routes::SIGN_IN)),
            note: w.say_with("mail-moved-note", &[("contact", contact.into())]),
            from: self.seller(),
        }
    }

    fn receipt(&self, recharge: &Recharge) -> Page {
        let w = self.w;
        let item = item_name(w, self.catalog, &recharge.item);
        let paid_at = recharge.completed_at.unwrap_or(recharge.created_at);
        Page {
            subject: w.say_with("mail-receipt-subject", &[("item", (&item).into())]),
            text: w.say("mail-receipt-text"),
            facts: vec![
                (w.say("pay-history-item"), item),
                (w.say("mail-receipt-brings"), bought(w, recharge)),
                (w.say("receipt-total"), paid_of(w, recharge)),
                (w.say("receipt-date"), w.date(paid_at)),
                (w.say("receipt-paid-with"), paid_with(w, recharge)),
                (w.say("receipt-number"), recharge.id.to_string()),
            ],
            act: (
                w.say("mail-receipt-act"),
                self.link(&routes::receipt(recharge.id.as_str())),
            ),
            note: w.say("mail-receipt-note"),
            from: self.seller(),
        }
    }

    fn refund(&self, refund: &Refund, recharge: &Recharge) -> Page {
        let w = self.w;
        let item = item_name(w, self.catalog, &recharge.item);
        let amount = w.money(refund.amount_minor, &recharge.currency);
        let note = match recharge.plan {
            Some(_) => w.say("mail-refund-note-plan"),
            None => w.say("mail-refund-note"),
        };
        Page {
            subject: w.say_with("mail-refund-subject", &[("amount", (&amount).into())]),
            text: w.say("mail-refund-text"),
            facts: vec![
                (w.say("pay-history-item"), item),
                (w.say("receipt-total"), paid_of(w, recharge)),
                (w.say("mail-refund-amount"), amount),
                (w.say("mail-refund-date"), w.date(refund.created_at)),
                (w.say("receipt-number"), recharge.id.to_string()),
            ],
            act: (
                w.say("mail-receipt-act"),
                self.link(&routes::receipt(recharge.id.as_str())),
            ),
            note,
            from: self.seller(),
        }
    }

    fn renewal_failed(&self, plan: &Subscription) -> Page {
        let w = self.w;
        let name = item_name(w, self.catalog, &plan.plan);
        let until = w.date(plan.period_end.plus(GRACE));
        let args = [("plan", name.into()), ("date", until.into())];
        Page {
            subject: w.say_with("mail-renewal-subject", &args),
            text: w.say_with("mail-renewal-text", &args),
            facts: Vec::new(),
            act: (w.say("mail-renewal-act"), self.link(routes::PAYMENTS)),
            note: w.say("mail-renewal-note"),
            from: self.seller(),
        }
    }
}

impl Desk<'_> {
    /// To an administrator.
    fn news(&self, news: &News) -> Page {
        let w = self.w;
        let findings = news.findings.iter();
        let findings = findings.map(|(kind, count)| (fault::kind_key(*kind), *count));
        let anomalies = news.anomalies.iter();
        let anomalies = anomalies.map(|(kind, count)| (anomaly::kind_key(*kind), *count));
        let facts = findings.chain(anomalies);
        let facts = facts.map(|(key, count)| (w.say(key), w.number(count)));
        let not_asked = news.not_asked.then(|| {
            (
                w.say("mail-anomalies-not-asked"),
                w.say("mail-anomalies-see-report"),
            )
        });
        Page {
            subject: w.say("mail-anomalies-subject"),
            text: w.say("mail-anomalies-text"),
            facts: facts.chain(not_asked).collect(),
            act: (w.say("mail-anomalies-act"), self.link(routes::ADMIN)),
            note: w.say("mail-anomalies-note"),
            from: vec![w.say("bar-brand")],
        }
    }

    /// Spending was stopped, or lifted again.
    fn spending(&self, subject: &str, text: &str) -> Page {
        let w = self.w;
        let contact = seller_of(self.catalog).contact.to_string();
        Page {
            subject: w.say(subject),
            text: w.say(text),
            facts: Vec::new(),
            act: (w.say("mail-spending-act"), self.link(routes::DASHBOARD)),
            note: w.say_with("mail-spending-note", &[("contact", contact.into())]),
            from: self.seller(),
        }
    }
}

impl Page {
    fn letter(self, w: Words) -> Letter {
        Letter {
            text: self.plain(w),
            html: self.html(w),
            subject: self.subject,
        }
    }

    fn plain(&self, w: Words) -> String {
        let mut parts = vec![w.say("mail-hello"), self.text.clone()];
        let facts = self.facts.iter();
        let facts: Vec<String> = facts
            .map(|(name, value)| {
                w.say_with(
                    "mail-fact",
                    &[("name", name.into()), ("value", value.into())],
                )
            })
            .collect();
        if !facts.is_empty() {
            parts.push(facts.join("\n"));
        }
        let (words, address) = &self.act;
        // The address on a line of its own: programs find its end.
        parts.push(format!(
            "{}\n{address}",
            w.say_with("mail-act", &[("act", words.into())])
        ));
        parts.push(self.note.clone());
        parts.push(self.from.join("\n"));
        parts.join("\n\n") + "\n"
    }

    /// Without script, pictures or anything from elsewhere, and with its style in its elements: programs for
    /// letters keep little else.
    fn html(&self, w: Words) -> String {
        const BODY: &str = "margin:0;background:#f5f3ef;color:#1b1916;font:16px/1.6 system-ui,-apple-system,\
                            'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif";
        const SHEET: &str = "max-width:34rem;margin:0 auto;padding:2.25rem 1.25rem";
        const BRAND: &str = "margin:0 0 2rem;font:1.35rem/1.2 Georgia,'Songti SC',serif";
        const TITLE: &str = "margin:0 0 1.25rem;font:400 1.6rem/1.25 Georgia,'Songti SC',serif";
        const TABLE: &str = "width:100%;border-collapse:collapse;margin:1.5rem 0;font-size:15px";
        const NAME: &str = "padding:.5rem 1rem .5rem 0;border-top:1px solid #dad4ca;color:#5b554c;\
                            font-weight:400;text-align:left;vertical-align:top";
        const VALUE: &str = "padding:.5rem 0;border-top:1px solid #dad4ca;text-align:right;\
                             overflow-wrap:anywhere";
        const BUTTON: &str = "display:inline-block;padding:.75rem 1.5rem;background:#2a3ccb;color:#ffffff;\
                              text-decoration:none;border-radius:2px";
        const NOTE: &str = "color:#5b554c;font-size:14px";
        const FOOT: &str = "margin:2.5rem 0 0;padding-top:1rem;border-top:1px solid #dad4ca;color:#5b554c;\
                            font-size:14px";
        let facts: Vec<_> = self
            .facts
            .iter()
            .map(|(name, value)| {
                view! {
                    <tr><th scope="row" style=NAME>{name.clone()}</th><td style=VALUE>{value.clone()}</td></tr>
                }
            })
            .collect();
        let facts = (!facts.is_empty())
            .then(|| view! { <table style=TABLE><tbody>{facts}</tbody></table> });
        let from: Vec<_> = self
            .from
            .iter()
            .map(|line| view! { {line.clone()}<br/> })
            .collect();
        let (words, address) = self.act.clone();
        let page = view! {
            <html lang=w.tag()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="light"/>
                    <title>{self.subject.clone()}</title>
                </head>
                <body style=BODY>
                    <main style=SHEET>
                        <p style=BRAND>{w.say("bar-brand")}</p>
                        <h1 style=TITLE>{self.subject.clone()}</h1>
                        <p>{self.text.clone()}</p>
                        {facts}
                        <p style="margin:1.75rem 0"><a href=address style=BUTTON>{words}</a></p>
                        <p style=NOTE>{self.note.clone()}</p>
                        <p style=FOOT>{from}</p>
                    </main>
                </body>
            </html>
        };
        format!("<!DOCTYPE html>{}", page.to_html())
    }
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::oversight::anomalies::AnomalyKind;
    use atelier_server::oversight::reconciliation::Kind;
    use atelier_server::payments::RechargeStatus;
    use atelier_server::time::Timestamp;

    use super::*;
    use crate::components::history::tests::recharge;

    fn letter(matter: &Matter, language: Language) -> Letter {
        wording("http://127.0.0.1:3000/", Arc::new(Catalog::built_in()))(matter, language)
    }

    fn refund(recharge: &Recharge) -> Refund {
        Refund {
            id: "re_1".to_owned(),
            recharge_id: recharge.id.clone(),
            amount_minor: 1_000,
            status: "succeeded".to_owned(),
            created_at: Timestamp::parse("2026-03-05T09:07:00Z").unwrap(),
        }
    }

    #[test]
    fn text_and_page_have_the_same_link_in_both_languages() {
        let paid = recharge("starter", RechargeStatus::Completed);
        let receipt = format!("/payments/receipts/{}", paid.id);
        let token = "tok".to_owned();
        let verify = Matter::Verify {
            token: token.clone(),
        };
        for (matter, path) in [
            (verify, "/verify/tok"),
            (
                Matter::ChangeEmail {
                    token: token.clone(),
                },
                "/change-email/tok",
            ),
            (Matter::EmailTaken, "/sign-in"),
            (Matter::EmailChanged, "/sign-in"),
            (
                Matter::News(News {
                    anomalies: vec![(AnomalyKind::StuckHold, 2)],
                    findings: vec![(Kind::WrongCredits, 3)],
                    not_asked: true,
                }),
                "/admin",
            ),
            (Matter::SpendingStopped, "/dashboard"),
            (Matter::SpendingLifted, "/dashboard"),
            (Matter::Reset { token }, "/reset/tok"),
            (Matter::Receipt(Box::new(paid.clone())), &receipt),
            (Matter::Refund(refund(&paid), Box::new(paid)), &receipt),
        ] {
            for language in [Language::En, Language::Zh] {
                let letter = letter(&matter, language);
                let link = format!("http://127.0.0.1:3000{path}");
                assert!(
                    letter.text.contains(&format!("\n{link}\n")),
                    "{}",
                    letter.text
                );
                assert!(
                    letter.html.contains(&format!("href=\"{link}\"")),
                    "{}",
                    letter.html
                );
                assert!(
                    letter.html.starts_with("<!DOCTYPE html><html lang="),
                    "{}",
                    letter.html
                );
            }
        }
    }

    #[test]
    fn a_receipt_says_what_was_paid_to_whom() {
        let paid = recharge("starter", RechargeStatus::Completed);
        let receipt = letter(&Matter::Receipt(Box::new(paid.clone())), Language::En);
        for said in ["Total paid: ¥50.00", "Atelier Sandbox", paid.id.as_str()] {
            assert!(receipt.text.contains(said), "{said}: {}", receipt.text);
        }
        let refund = letter(&Matter::Refund(refund(&paid), Box::new(paid)), Language::En);
        assert_eq!(refund.subject, "¥10.00 is on its way back to you");
    }
}
