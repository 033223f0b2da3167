use super::{SiteDay, SiteJobs, SiteSale};
use crate::catalog::{Costs, Money};
use crate::studio::Tool;

/// What is left of what jobs were paid. A credit counts as what one was sold for on average in the days that are looked at,
/// bonus included, whoever it came from: one that was given earns the same. A job counts as what the catalogue says that
/// its provider asks; only those that succeeded are paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Margins {
    costs: Costs,
    /// What credits were sold for, and how many; both in the currency of the costs.
    sales: i64,
    bought: i64,
}

impl Margins {
    /// By the sales of these days; nothing where the catalogue names no costs.
    pub fn over(days: &[SiteDay], costs: Option<&Costs>) -> Option<Self> {
        let costs = costs?.clone();
        let sales = days.iter().flat_map(|day| &day.bought);
        let sales = sales.filter(|sale| sale.currency == costs.currency);
        let add =
            |(minor, credits), sale: &SiteSale| (minor + sale.amount_minor, credits + sale.credits);
        let (minor, credits) = sales.fold((0, 0), add);
        Some(Self {
            sales: minor,
            bought: credits,
            costs,
        })
    }

    /// Writes what its jobs cost, and what was left, into a day or into several together.
    pub fn tell(&self, day: &mut SiteDay) {
        for jobs in &mut day.jobs {
            jobs.cost = self.cost(jobs).and_then(|cost| self.money(cost));
            jobs.margin = self.margin(jobs).and_then(|margin| self.money(margin));
        }
    }

    /// What the provider asks for these jobs; nothing where the catalogue does not know.
    fn cost(&self, jobs: &SiteJobs) -> Option<i128> {
        let each = match Tool::parse(&jobs.tool)? {
            Tool::TryOn => self.costs.try_on,
            Tool::Video => self.costs.video,
        };
        Some(i128::from(jobs.succeeded) * i128::from(each))
    }

    /// What their credits were sold for less their cost, rounded down; nothing where nothing was sold.
    fn margin(&self, jobs: &SiteJobs) -> Option<i128> {
        let cost = self.cost(jobs)?;
        let bought = (self.bought > 0).then_some(i128::from(self.bought))?;
        let earned = i128::from(jobs.credits) * i128::from(self.sales);
        Some(earned.div_euclid(bought) - cost)
    }

    fn money(&self, amount: i128) -> Option<Money> {
        Some(Money {
            amount_minor: i64::try_from(amount).ok()?,
            currency: self.costs.currency.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sold(amount_minor: i64, credits: i64, currency: &str) -> SiteDay {
        let sale = SiteSale {
            currency: currency.to_owned(),
            credits,
            amount_minor,
        };
        // A plan's money says nothing of what a credit costs.
        let plan = Money {
            amount_minor: 2_900,
            currency: currency.to_owned(),
        };
        SiteDay {
            revenue: vec![plan],
            bought: vec![sale],
            ..SiteDay::default()
        }
    }

    fn costs() -> Costs {
        Costs {
            currency: "usd".to_owned(),
            try_on: 8,
            video: 60,
        }
    }

    /// Cost and margin of one kind of jobs, where days came to this.
    fn told(days: &[SiteDay], tool: &str, succeeded: i64, credits: i64) -> [Option<i64>; 2] {
        let jobs = SiteJobs {
            tool: tool.to_owned(),
            succeeded,
            failed: 7,
            cancelled: 7,
            credits,
            ..SiteJobs::default()
        };
        let mut day = SiteDay {
            jobs: vec![jobs],
            ..SiteDay::default()
        };
        let margins = Margins::over(days, Some(&costs())).expect("costs");
        margins.tell(&mut day);
        let jobs = &day.jobs[0];
        for money in [&jobs.cost, &jobs.margin].into_iter().flatten() {
            assert_eq!(money.currency, "usd");
        }
        [&jobs.cost, &jobs.margin].map(|money| money.as_ref().map(|money| money.amount_minor))
    }

    #[test]
    fn a_margin_is_the_mean_price_of_the_credits_less_the_cost_of_what_succeeded() {
        // 1 980 for 220 credits over two days: nine each. What was sold for another currency says nothing of it.
        let days = [
            sold(990, 100, "usd"),
            sold(500, 1, "cny"),
            sold(990, 120, "usd"),
        ];
        assert_eq!(told(&days, "try_on", 10, 10), [Some(80), Some(10)]);
        assert_eq!(told(&days, "video", 3, 30), [Some(180), Some(90)]);
        assert_eq!(told(&days, "video", 0, 0), [Some(0), Some(0)]);
        // Jobs that a trial or a plan paid for have a cost all the same.
        assert_eq!(told(&days, "try_on", 2, 0), [Some(16), Some(-16)]);
        // A third of a cent is none, above nothing and below it.
        assert_eq!(
            told(&[sold(1, 3, "usd")], "try_on", 1, 1),
            [Some(8), Some(-8)]
        );
        assert_eq!(
            told(&[sold(-1, 3, "usd")], "try_on", 1, 1),
            [Some(8), Some(-9)]
        );
    }

    #[test]
    fn what_is_not_known_is_not_nothing() {
        let cny = [sold(500, 50, "cny")];
        assert_eq!(told(&cny, "try_on", 1, 1), [Some(8), None]);
        assert_eq!(told(&[], "try_on", 1, 1), [Some(8), None]);
        assert_eq!(told(&[sold(990, 100, "usd")], "sculpture", 1, 1), [None; 2]);
        assert_eq!(Margins::over(&cny, None), None);
    }

    #[test]
    fn amounts_that_no_number_holds_are_not_known() {
        let most = [sold(i64::MAX, 1, "usd")];
        assert_eq!(told(&most, "try_on", 1, i64::MAX), [Some(8), None]);
    }
}
