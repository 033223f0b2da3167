//! Billing periods.

use super::Billing;
use crate::time::Timestamp;

impl Billing {
    pub fn is_recurring(self) -> bool {
        self != Self::Once
    }

    /// Creem's `billing_period`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::EveryMonth => "every-month",
            Self::EveryYear => "every-year",
        }
    }

    /// Creem's `recurring_interval`.
    pub const fn interval(self) -> Option<&'static str> {
        match self {
            Self::Once => None,
            Self::EveryMonth => Some("month"),
            Self::EveryYear => Some("year"),
        }
    }

    /// When the period that begins at `start` ends: the same day of a later month, or its last day.
    pub fn end_of(self, start: Timestamp) -> Timestamp {
        let months = match self {
            Self::Once => 0,
            Self::EveryMonth => 1,
            Self::EveryYear => 12,
        };
        let start = start.to_datetime();
        let count = i32::from(u8::from(start.month())) - 1 + months;
        let year = start.year() + count / 12;
        let month = u8::try_from(count % 12 + 1)
            .ok()
            .and_then(|month| time::Month::try_from(month).ok())
            .unwrap_or(start.month());
        let day = start.day().min(month.length(year));
        let date = time::Date::from_calendar_date(year, month, day);
        Timestamp::from_datetime(date.map_or(start, |date| start.replace_date(date)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_on_the_same_day_or_the_last() {
        for (billing, start, end) in [
            (
                Billing::EveryMonth,
                "2026-11-20T12:00:00Z",
                "2026-12-20T12:00:00Z",
            ),
            (
                Billing::EveryMonth,
                "2026-12-31T00:00:00Z",
                "2027-01-31T00:00:00Z",
            ),
            (
                Billing::EveryMonth,
                "2027-01-31T00:00:00Z",
                "2027-02-28T00:00:00Z",
            ),
            (
                Billing::EveryYear,
                "2028-02-29T00:00:00Z",
                "2029-02-28T00:00:00Z",
            ),
        ] {
            let start = Timestamp::parse(start).unwrap();
            assert_eq!(billing.end_of(start).to_rfc3339(), end);
        }
    }
}
