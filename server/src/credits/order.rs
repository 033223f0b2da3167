//! The spend order among lots: one pure function, used by every operation that takes credits.

use super::ledger::Lot;
use super::types::Source;

/// Soonest expiry first, then given before bought, then oldest.
fn rank(lot: &Lot) -> (i64, bool, i64, &str) {
    let expires_at = lot.expires_at.map_or(i64::MAX, |at| at.micros());
    let bought = lot.source == Source::Purchase;
    (expires_at, bought, lot.created_at.micros(), lot.id.as_str())
}

/// Splits `amount` over the free parts of the unfrozen `lots` in spend order: pairs of a lot's
/// index and what it gives. Gives less than `amount` in all when there is not enough.
pub(super) fn split(lots: &[Lot], amount: i64) -> Vec<(usize, i64)> {
    split_by(lots, amount, |lot| if lot.frozen { 0 } else { lot.free })
}

/// The same over whatever part of each lot `available` names.
pub(super) fn split_by(
    lots: &[Lot],
    amount: i64,
    available: impl Fn(&Lot) -> i64,
) -> Vec<(usize, i64)> {
    let mut order: Vec<usize> = (0..lots.len())
        .filter(|&i| available(&lots[i]) > 0)
        .collect();
    order.sort_by(|&a, &b| rank(&lots[a]).cmp(&rank(&lots[b])));

    let mut missing = amount;
    let mut parts = Vec::new();
    for index in order {
        if missing == 0 {
            break;
        }
        let part = available(&lots[index]).min(missing);
        missing -= part;
        parts.push((index, part));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LotId;
    use crate::time::Timestamp;

    fn lot(source: Source, free: i64, expires_at: Option<i64>, created_at: i64) -> Lot {
        let created_at = Timestamp::from_seconds(created_at);
        let mut lot = Lot::new(LotId::new(created_at), source, free, created_at);
        lot.expires_at = expires_at.map(Timestamp::from_seconds);
        lot
    }

    #[test]
    fn takes_soonest_expiry_then_given_then_oldest() {
        use Source::{Bonus, Grant, Initial, Purchase};
        type Row = (&'static str, Vec<Lot>, i64, &'static [(usize, i64)]);
        // Name, lots, amount, expected parts.
        let table: &[Row] = &[
            ("nothing there", vec![], 1, &[]),
            (
                "expiring before lasting",
                vec![lot(Initial, 5, None, 1), lot(Purchase, 5, Some(9), 2)],
                6,
                &[(1, 5), (0, 1)],
            ),
            (
                "sooner before later",
                vec![lot(Grant, 5, Some(9), 1), lot(Grant, 5, Some(8), 2)],
                1,
                &[(1, 1)],
            ),
            (
                "given before bought",
                vec![lot(Purchase, 5, None, 1), lot(Bonus, 5, None, 2)],
                7,
                &[(1, 5), (0, 2)],
            ),
            (
                "oldest of the same sort",
                vec![lot(Purchase, 5, None, 2), lot(Purchase, 5, None, 1)],
                5,
                &[(1, 5)],
            ),
            (
                "initial, bonus and grant are equal: oldest",
                vec![
                    lot(Grant, 1, None, 3),
                    lot(Initial, 1, None, 1),
                    lot(Bonus, 1, None, 2),
                ],
                3,
                &[(1, 1), (2, 1), (0, 1)],
            ),
            (
                "gives what there is",
                vec![lot(Grant, 2, None, 1)],
                3,
                &[(0, 2)],
            ),
        ];
        for (name, lots, amount, expected) in table {
            assert_eq!(split(lots, *amount), *expected, "{name}");
        }
    }

    #[test]
    fn frozen_and_empty_lots_give_nothing() {
        let mut frozen = lot(Source::Grant, 5, None, 1);
        frozen.frozen = true;
        let empty = lot(Source::Grant, 0, None, 2);
        assert_eq!(split(&[frozen, empty], 5), []);
    }
}
