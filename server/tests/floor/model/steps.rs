//! What can happen to a wallet, at random.

use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    TryOn,
    Video,
}

impl Tool {
    pub fn price(self) -> i64 {
        match self {
            Self::TryOn => 1,
            Self::Video => 10,
        }
    }
}

/// One step of a history. Numbers in brackets pick one of what is there, counted round.
#[derive(Clone, Debug)]
pub enum Step {
    Buy {
        credits: i64,
        bonus: i64,
        lapses_after: Option<i64>,
        paid: i64,
    },
    /// The same purchase is granted once more.
    BuyAgain(usize),
    Hold(Tool),
    /// The same job is held once more.
    HoldAgain(usize, Tool),
    Capture(usize),
    Release(usize),
    /// Refunds stand at this percentage of the money now: more, the same or less than before.
    Refund(usize, i64),
    DisputeOpens(usize),
    DisputeWon(usize),
    DisputeLost(usize),
    Add(i64),
    Deduct(i64),
    DeductOwn(i64),
    Set(i64),
    /// A change by hand is sent again with its idempotency key.
    Repeat(usize),
    OpenPeriod {
        quota: Option<i64>,
        days: i64,
        renews: bool,
    },
    OpenPeriodAgain(usize),
    EndPeriod,
    /// Hours.
    Wait(i64),
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let pick = any::<u8>().prop_map(usize::from);
    let amount = 1_i64..15;
    let tool = prop_oneof![3 => Just(Tool::TryOn), 2 => Just(Tool::Video)];
    let days = prop_oneof![2 => Just(None), 3 => (1_i64..20).prop_map(Some)];
    let buy = (
        1_i64..25,
        prop_oneof![Just(0), 1_i64..10],
        days,
        1_i64..1_000,
    )
        .prop_map(|(credits, bonus, lapses_after, paid)| Step::Buy {
            credits,
            bonus,
            lapses_after,
            paid,
        });
    let quota = prop_oneof![1 => Just(None), 3 => (0_i64..6).prop_map(Some)];
    let period =
        (quota, 1_i64..40, any::<bool>()).prop_map(|(quota, days, renews)| Step::OpenPeriod {
            quota,
            days,
            renews,
        });
    let percent = prop_oneof![Just(0_i64), Just(100), 0_i64..=100];
    prop_oneof![
        8 => buy,
        2 => pick.clone().prop_map(Step::BuyAgain),
        14 => tool.clone().prop_map(Step::Hold),
        2 => (pick.clone(), tool).prop_map(|(i, tool)| Step::HoldAgain(i, tool)),
        8 => pick.clone().prop_map(Step::Capture),
        8 => pick.clone().prop_map(Step::Release),
        8 => (pick.clone(), percent).prop_map(|(i, percent)| Step::Refund(i, percent)),
        4 => pick.clone().prop_map(Step::DisputeOpens),
        3 => pick.clone().prop_map(Step::DisputeWon),
        3 => pick.clone().prop_map(Step::DisputeLost),
        3 => amount.clone().prop_map(Step::Add),
        3 => amount.clone().prop_map(Step::Deduct),
        3 => amount.prop_map(Step::DeductOwn),
        2 => (0_i64..20).prop_map(Step::Set),
        3 => pick.clone().prop_map(Step::Repeat),
        2 => period,
        1 => pick.prop_map(Step::OpenPeriodAgain),
        1 => Just(Step::EndPeriod),
        8 => prop_oneof![1_i64..48, 1_i64..400].prop_map(Step::Wait),
        2 => Just(Step::Sweep),
    ]
}

/// A history of one wallet.
pub fn history() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..60)
}
