use atelier_server::catalog::Catalog;
use atelier_server::payments::{Dispute, Recharge, RechargeStatus, Refund, Returns};

use super::seller::seller_of;
use crate::i18n::Words;

/// What became of the money of a purchase, a sentence each, in the order it happened.
pub fn what_became(
    w: Words,
    catalog: &Catalog,
    returns: &Returns,
    recharge: &Recharge,
) -> Vec<String> {
    let refunds = returns.refunds.iter();
    let refunds = refunds
        .filter(|refund| refund.recharge_id == recharge.id)
        .map(|refund| (refund.created_at, said_refund(w, recharge, refund)));
    let disputes = returns.disputes.iter();
    let disputes = disputes
        .filter(|dispute| dispute.recharge_id == recharge.id)
        .map(|dispute| (dispute.created_at, said_dispute(w, recharge, dispute)));
    let mut told: Vec<_> = refunds.chain(disputes).collect();
    told.sort_by_key(|(at, _)| *at);
    let held_back = held_back(w, catalog, recharge);
    let told = told.into_iter().map(|(_, said)| said);
    held_back.into_iter().chain(told).collect()
}

/// Why a payment that came gave nothing.
pub fn held_back(w: Words, catalog: &Catalog, recharge: &Recharge) -> Option<String> {
    recharge.held_back.as_ref()?;
    if recharge.is_surplus() {
        return Some(w.say("pay-held-surplus"));
    }
    // Whoever looked at it has granted it after all.
    if recharge.status == RechargeStatus::Completed {
        return None;
    }
    let contact = seller_of(catalog).contact.into_owned();
    let args = [
        ("contact", contact.into()),
        ("id", recharge.id.as_str().into()),
    ];
    Some(w.say_with("pay-held-back", &args))
}

pub fn said_refund(w: Words, recharge: &Recharge, refund: &Refund) -> String {
    let amount = w.money(refund.amount_minor, &recharge.currency);
    let args = [
        ("amount", amount.into()),
        ("date", w.date(refund.created_at).into()),
    ];
    let key = match (refund.status.as_str(), recharge.plan.is_some()) {
        ("succeeded", _) => "pay-refund-succeeded",
        ("failed", false) => "pay-refund-failed",
        ("failed", true) => "pay-refund-failed-plan",
        _ => "pay-refund-pending",
    };
    w.say_with(key, &args)
}

pub fn said_dispute(w: Words, recharge: &Recharge, dispute: &Dispute) -> String {
    let amount = w.money(dispute.amount_minor, &recharge.currency);
    let args = [
        ("amount", amount.into()),
        ("date", w.date(dispute.created_at).into()),
    ];
    let key = match (dispute.status.as_str(), recharge.plan.is_some()) {
        ("won", false) => "pay-dispute-won",
        ("won", true) => "pay-dispute-won-plan",
        ("lost", false) => "pay-dispute-lost",
        ("lost", true) => "pay-dispute-lost-plan",
        (_, false) => "pay-dispute-open",
        (_, true) => "pay-dispute-open-plan",
    };
    w.say_with(key, &args)
}

#[cfg(test)]
mod tests {
    use atelier_server::accounts::Language;
    use atelier_server::payments::Standing;
    use atelier_server::time::Timestamp;

    use super::*;
    use crate::components::history::tests::recharge;

    const EN: Words = Words(Language::En);

    fn day(n: i64) -> Timestamp {
        Timestamp::from_seconds(1_790_000_000).plus_days(n)
    }

    fn returns(recharge: &Recharge) -> Returns {
        let refund = |n: i64, status: &str| Refund {
            id: format!("re_{n}"),
            recharge_id: recharge.id.clone(),
            amount_minor: 1_000 * n,
            status: status.to_owned(),
            created_at: day(n),
        };
        let dispute = |n: i64, status: &str| Dispute {
            id: format!("dp_{n}"),
            recharge_id: recharge.id.clone(),
            amount_minor: 1_000 * n,
            status: status.to_owned(),
            created_at: day(n),
        };
        Returns {
            refunds: vec![
                refund(1, "succeeded"),
                refund(2, "failed"),
                refund(4, "pending"),
            ],
            disputes: vec![dispute(3, "open")],
        }
    }

    #[test]
    fn what_became_of_the_money_is_told_in_its_order() {
        let recharge = recharge("starter", RechargeStatus::Completed);
        let told = what_became(EN, &Catalog::built_in(), &returns(&recharge), &recharge);
        let begins: Vec<&str> = told
            .iter()
            .map(|said| said.split(" on ").next().unwrap_or_default())
            .collect();
        assert_eq!(
            begins,
            [
                "Refund of ¥10.00",
                "Refund of ¥20.00",
                "Dispute of ¥30.00, opened",
                "Refund of ¥40.00"
            ]
        );
        assert!(told[1].contains("failed"), "{told:?}");
        assert!(told[3].contains("on its way"), "{told:?}");
    }

    #[test]
    fn another_purchases_money_is_not_told() {
        let ours = recharge("starter", RechargeStatus::Completed);
        let mut other = ours.clone();
        other.id = atelier_server::ids::RechargeId::new(day(9));
        assert!(what_became(EN, &Catalog::built_in(), &returns(&ours), &other).is_empty());
    }

    #[test]
    fn a_payment_that_was_held_back_is_said_with_its_number() {
        let mut recharge = recharge("starter", RechargeStatus::Pending);
        recharge.held_back = Some("amount".to_owned());
        let said = held_back(EN, &Catalog::built_in(), &recharge).unwrap();
        assert!(said.contains(recharge.id.as_str()), "{said}");
        assert!(said.contains("help@example.com"), "{said}");
        recharge.held_back = Some("second_plan".to_owned());
        recharge.standing = Standing::Completed;
        let said = held_back(EN, &Catalog::built_in(), &recharge).unwrap();
        assert!(said.contains("plan already"), "{said}");
    }
}
