//! How long a period is, by the calendar.

use serde_json::{Value, json};
use time::{Date, Duration, Month};

use crate::time::Timestamp;

/// Stripe: a period is at most three years long.
const MOST_MONTHS: i64 = 36;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// The time between two bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    unit: Unit,
    count: i64,
}

pub const UNITS: &[&str] = &["day", "week", "month", "year"];

impl Interval {
    /// `count` of one of [`UNITS`]. `None` where Stripe takes no period of that length.
    pub fn new(unit: &str, count: i64) -> Option<Self> {
        let (unit, most) = match unit {
            "day" => (Unit::Day, MOST_MONTHS * 365 / 12),
            "week" => (Unit::Week, MOST_MONTHS * 52 / 12),
            "month" => (Unit::Month, MOST_MONTHS),
            "year" => (Unit::Year, MOST_MONTHS / 12),
            _ => return None,
        };
        (1..=most).contains(&count).then_some(Self { unit, count })
    }

    /// That of a price in Stripe's shape; `None` if it does not recur.
    pub fn of(price: &Value) -> Option<Self> {
        let recurring = &price["recurring"];
        Self::new(
            recurring["interval"].as_str()?,
            recurring["interval_count"].as_i64()?,
        )
    }

    pub const fn unit(self) -> &'static str {
        match self.unit {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        }
    }

    pub const fn count(self) -> i64 {
        self.count
    }

    /// `recurring` of a price.
    pub fn shape(self) -> Value {
        json!({
            "interval": self.unit(), "interval_count": self.count, "meter": null,
            "trial_period_days": null, "usage_type": "licensed",
        })
    }

    /// The end of the period `cycles` periods after `anchor`, in seconds. Counted from the anchor,
    /// so that what began on the 31st ends on the 31st where there is one.
    pub fn after(self, anchor: i64, cycles: i64) -> i64 {
        let start = Timestamp::from_seconds(anchor).to_datetime();
        let steps = self.count.saturating_mul(cycles);
        let date = match self.unit {
            Unit::Day => start.date().checked_add(Duration::days(steps)),
            Unit::Week => start.date().checked_add(Duration::weeks(steps)),
            Unit::Month => plus_months(start.date(), steps),
            Unit::Year => plus_months(start.date(), steps.saturating_mul(12)),
        };
        let end = date.map_or(start, |date| start.replace_date(date));
        Timestamp::from_datetime(end).seconds()
    }
}

/// The same day of a later month, or its last.
fn plus_months(date: Date, months: i64) -> Option<Date> {
    let counted = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1 + months;
    let year = i32::try_from(counted.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(counted.rem_euclid(12) + 1).ok()?).ok()?;
    let day = date.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(unit: &str, count: i64, anchor: &str, cycles: i64) -> String {
        let anchor = Timestamp::parse(anchor).unwrap().seconds();
        let end = Interval::new(unit, count).unwrap().after(anchor, cycles);
        Timestamp::from_seconds(end).to_rfc3339()
    }

    #[test]
    fn months_keep_their_day_where_there_is_one() {
        let anchor = "2026-12-31T08:30:00Z";
        assert_eq!(after("month", 1, anchor, 1), "2027-01-31T08:30:00Z");
        assert_eq!(after("month", 1, anchor, 2), "2027-02-28T08:30:00Z");
        assert_eq!(after("month", 1, anchor, 3), "2027-03-31T08:30:00Z");
        assert_eq!(after("month", 1, anchor, 14), "2028-02-29T08:30:00Z");
        assert_eq!(after("year", 1, "2028-02-29", 1), "2029-02-28T00:00:00Z");
    }

    #[test]
    fn days_and_weeks_are_counted() {
        assert_eq!(after("day", 10, "2026-12-25", 1), "2027-01-04T00:00:00Z");
        assert_eq!(after("week", 2, "2026-12-25", 2), "2027-01-22T00:00:00Z");
    }

    #[test]
    fn periods_have_a_length_stripe_takes() {
        for (unit, count) in [
            ("month", 0),
            ("month", 37),
            ("year", 4),
            ("hour", 1),
            ("day", -1),
        ] {
            assert_eq!(Interval::new(unit, count), None, "{unit} {count}");
        }
    }
}
