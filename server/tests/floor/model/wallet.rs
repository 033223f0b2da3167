//! A wallet as plainly as it can be thought of: every single credit is a coin with a place. Sums are
//! counted, never kept. Slow, and an implementation of its own: nothing of the ledger is used here.

use super::steps::{Step, Tool};

/// Days after which credits that come back to a lapsed lot lapse again.
const SECOND_LIFE: i64 = 7 * DAY;
pub const DAY: i64 = 24 * HOUR;
pub const HOUR: i64 = 3_600_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Free,
    Held(usize),
    Spent,
    /// Lapsed, or deducted by an operator.
    Gone,
    /// Went back with money, or paid a debt.
    Taken,
}

#[derive(Clone, Debug)]
struct Coin {
    lot: usize,
    place: Place,
}

#[derive(Clone, Debug)]
pub struct Lot {
    pub source: &'static str,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub frozen: bool,
    purchase: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    Credits(i64),
    Trial,
    Plan(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Held,
    Delivered,
    Failed,
}

#[derive(Clone, Copy, Debug)]
pub struct Purchase {
    pub paid: i64,
    pub refunded: i64,
    pub lost: i64,
    pub disputed: bool,
    taken_back: i64,
}

#[derive(Clone, Debug)]
pub struct Period {
    pub quota: Option<i64>,
    pub used: i64,
    pub held: i64,
    starts_at: i64,
    ends_at: i64,
    pub serves_until: i64,
}

/// What a step must have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Changed,
    /// Accepted, and everything was so already.
    Nothing,
    /// Refused without a trace.
    Refused,
}
use Effect::{Changed, Nothing, Refused};

#[derive(Clone, Debug)]
pub struct Model {
    pub now: i64,
    coins: Vec<Coin>,
    pub lots: Vec<Lot>,
    pub debt: i64,
    pub trials_limit: i64,
    pub trials_used: i64,
    pub trials_held: i64,
    jobs: Vec<(Payer, Fate)>,
    pub purchases: Vec<Purchase>,
    pub periods: Vec<Period>,
    /// Something lapsed that no operation has written down yet.
    pub unwritten: bool,
}

impl Model {
    /// An account that has just been made.
    pub fn new(now: i64, initial: i64, trials: i64) -> Self {
        let mut model = Self {
            now,
            coins: Vec::new(),
            lots: Vec::new(),
            debt: 0,
            trials_limit: trials,
            trials_used: 0,
            trials_held: 0,
            jobs: Vec::new(),
            purchases: Vec::new(),
            periods: Vec::new(),
            unwritten: false,
        };
        model.mint("initial", initial, None, None);
        model
    }

    fn mint(
        &mut self,
        source: &'static str,
        n: i64,
        expires_at: Option<i64>,
        purchase: Option<usize>,
    ) {
        if n == 0 {
            return;
        }
        let lot = self.lots.len();
        self.lots.push(Lot {
            source,
            created_at: self.now,
            expires_at,
            frozen: false,
            purchase,
        });
        for _ in 0..n {
            self.coins.push(Coin {
                lot,
                place: Place::Free,
            });
        }
    }

    fn count(&self, is: impl Fn(&Coin) -> bool) -> i64 {
        self.coins.iter().filter(|coin| is(coin)).count() as i64
    }

    pub fn remaining(&self) -> i64 {
        self.count(|coin| coin.place == Place::Free && !self.lots[coin.lot].frozen)
    }

    pub fn frozen(&self) -> i64 {
        self.count(|coin| coin.place == Place::Free && self.lots[coin.lot].frozen)
    }

    pub fn held(&self) -> i64 {
        self.count(|coin| matches!(coin.place, Place::Held(_)))
    }

    pub fn used(&self) -> i64 {
        self.count(|coin| coin.place == Place::Spent)
    }

    /// Lapsed, taken back or deducted by an operator; what was taken back is counted in full even
    /// where a debt stands for it.
    pub fn removed(&self) -> i64 {
        let back: i64 = self
            .purchases
            .iter()
            .map(|purchase| purchase.taken_back)
            .sum();
        self.count(|coin| coin.place == Place::Gone) + back
    }

    pub fn total(&self) -> i64 {
        self.count(|_| true)
    }

    pub fn granted_as(&self, sources: &[&str]) -> i64 {
        self.count(|coin| sources.contains(&self.lots[coin.lot].source))
    }

    /// Free, held, spent, gone (with what was taken) and taken coins of each lot.
    pub fn by_lot(&self) -> Vec<[i64; 5]> {
        let mut lots = vec![[0; 5]; self.lots.len()];
        for coin in &self.coins {
            let lot = &mut lots[coin.lot];
            match coin.place {
                Place::Free => lot[0] += 1,
                Place::Held(_) => lot[1] += 1,
                Place::Spent => lot[2] += 1,
                Place::Gone => lot[3] += 1,
                Place::Taken => {
                    lot[3] += 1;
                    lot[4] += 1;
                }
            }
        }
        lots
    }

    /// The period that began last, if it serves now.
    pub fn period(&self) -> Option<usize> {
        let newest = (0..self.periods.len()).max_by_key(|i| self.periods[*i].starts_at)?;
        let period = &self.periods[newest];
        (period.starts_at <= self.now && self.now < period.serves_until).then_some(newest)
    }

    /// A day after its end, as nobody said before that its renewal is unpaid.
    pub fn is_past_due(&self, period: usize) -> bool {
        self.periods[period].ends_at + DAY <= self.now
    }

    /// What would pay for a job of this tool.
    pub fn payer(&self, tool: Tool) -> Option<Payer> {
        let plan = self.period().filter(|i| {
            let period = &self.periods[*i];
            period
                .quota
                .is_none_or(|quota| period.used + period.held < quota)
        });
        match (tool, plan) {
            (Tool::TryOn, Some(period)) => Some(Payer::Plan(period)),
            _ if self.remaining() >= tool.price() => Some(Payer::Credits(tool.price())),
            (Tool::TryOn, _) if self.trials_used + self.trials_held < self.trials_limit => {
                Some(Payer::Trial)
            }
            _ => None,
        }
    }

    /// Coins for which `is` holds, those of the lots that are spent first in front.
    fn in_order(&self, is: impl Fn(&Coin, &Lot) -> bool) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.coins.len())
            .filter(|i| is(&self.coins[*i], &self.lots[self.coins[*i].lot]))
            .collect();
        found.sort_by_key(|i| {
            let lot = &self.lots[self.coins[*i].lot];
            let bought = lot.source == "purchase";
            (
                lot.expires_at.unwrap_or(i64::MAX),
                bought,
                lot.created_at,
                *i,
            )
        });
        found
    }

    fn put(&mut self, coins: &[usize], place: Place) {
        for i in coins {
            self.coins[*i].place = place;
        }
    }

    /// The first `n` coins that can be spent.
    fn spendable(&self, n: i64) -> Vec<usize> {
        let mut coins = self.in_order(|coin, lot| coin.place == Place::Free && !lot.frozen);
        coins.truncate(usize::try_from(n).unwrap());
        coins
    }

    fn take(&mut self, n: i64, place: Place) -> Effect {
        let coins = self.spendable(n);
        if (coins.len() as i64) < n {
            return Refused;
        }
        self.put(&coins, place);
        Changed
    }

    fn come_back(&mut self, coins: &[usize]) {
        self.put(coins, Place::Free);
        for i in coins {
            let lot = &mut self.lots[self.coins[*i].lot];
            if lot.expires_at.is_some_and(|at| at <= self.now) {
                lot.expires_at = Some(self.now + SECOND_LIFE);
            }
        }
    }

    fn pay_debt(&mut self) {
        let coins = self.spendable(self.debt);
        self.debt -= coins.len() as i64;
        self.put(&coins, Place::Taken);
    }

    /// What has no time left goes, unless a dispute holds it.
    fn lapse(&mut self) {
        for i in 0..self.coins.len() {
            let lot = &self.lots[self.coins[i].lot];
            let over = lot.expires_at.is_some_and(|at| at <= self.now);
            if over && !lot.frozen && self.coins[i].place == Place::Free {
                self.coins[i].place = Place::Gone;
                self.unwritten = true;
            }
        }
    }

    /// Time goes by a little with every step, so that no two lots are of one moment.
    pub fn tick(&mut self, by: i64) {
        self.now += by;
        self.lapse();
    }

    /// Does the step; says what it must have done.
    pub fn step(&mut self, step: &Step) -> Effect {
        let effect = self.apply(step);
        if effect == Changed {
            self.unwritten = false;
        }
        assert!(
            self.debt == 0 || self.remaining() == 0,
            "debt beside free credits"
        );
        effect
    }

    fn apply(&mut self, step: &Step) -> Effect {
        match *step {
            Step::Buy {
                credits,
                bonus,
                lapses_after,
                paid,
            } => {
                let purchase = self.purchases.len();
                self.purchases.push(Purchase {
                    paid,
                    refunded: 0,
                    lost: 0,
                    disputed: false,
                    taken_back: 0,
                });
                let expires_at = lapses_after.map(|days| self.now + days * DAY);
                self.mint("purchase", credits, expires_at, Some(purchase));
                self.mint("bonus", bonus, expires_at, Some(purchase));
                self.pay_debt_after_buying(purchase);
                Changed
            }
            Step::BuyAgain(_) => self.refused_if(!self.purchases.is_empty()),
            Step::Hold(tool) => self.hold(tool),
            // The job has its hold already; nothing is left of a second.
            Step::HoldAgain(..) => self.refused_if(!self.jobs.is_empty()),
            Step::Capture(i) => self.settle(i, Fate::Delivered),
            Step::Release(i) => self.settle(i, Fate::Failed),
            Step::Refund(i, percent) => self.money(i, |p| p.refunded = p.paid * percent / 100),
            Step::DisputeOpens(i) => self.money(i, |p| p.disputed = true),
            Step::DisputeWon(i) => self.money(i, |p| {
                p.disputed = false;
                p.lost = 0;
            }),
            Step::DisputeLost(i) => self.money(i, |p| {
                p.disputed = false;
                p.lost = p.paid - p.refunded;
            }),
            Step::Add(n) => {
                self.mint("grant", n, None, None);
                self.pay_debt();
                Changed
            }
            Step::Deduct(n) => self.take(n, Place::Gone),
            Step::DeductOwn(n) => self.take(n, Place::Spent),
            Step::Set(n) => {
                let change = n - self.remaining();
                match change {
                    0 => Nothing,
                    1.. => {
                        self.mint("grant", change + self.debt, None, None);
                        self.pay_debt();
                        Changed
                    }
                    _ => self.take(-change, Place::Gone),
                }
            }
            Step::Repeat(_) => Nothing,
            Step::OpenPeriod {
                quota,
                days,
                renews,
            } => {
                let ends_at = self.now + days * DAY;
                self.periods.push(Period {
                    quota,
                    used: 0,
                    held: 0,
                    starts_at: self.now,
                    ends_at,
                    serves_until: ends_at + if renews { 3 * DAY } else { 0 },
                });
                Changed
            }
            Step::OpenPeriodAgain(_) => self.refused_if(!self.periods.is_empty()),
            Step::EndPeriod => match self.period() {
                Some(i) => {
                    self.periods[i].serves_until = self.now;
                    Changed
                }
                None => Nothing,
            },
            Step::Wait(_) | Step::Sweep => Nothing,
        }
    }

    fn refused_if(&self, there: bool) -> Effect {
        if there { Refused } else { Nothing }
    }

    /// Bought credits pay the debt first, then the bonus does.
    fn pay_debt_after_buying(&mut self, purchase: usize) {
        for source in ["purchase", "bonus"] {
            let own: Vec<usize> = (0..self.coins.len())
                .filter(|i| {
                    let lot = &self.lots[self.coins[*i].lot];
                    lot.purchase == Some(purchase) && lot.source == source
                })
                .collect();
            let n = usize::try_from(self.debt).unwrap().min(own.len());
            self.put(&own[..n], Place::Taken);
            self.debt -= n as i64;
        }
    }

    fn hold(&mut self, tool: Tool) -> Effect {
        let job = self.jobs.len();
        let Some(payer) = self.payer(tool) else {
            return Refused;
        };
        match payer {
            Payer::Credits(price) => {
                self.take(price, Place::Held(job));
            }
            Payer::Trial => self.trials_held += 1,
            Payer::Plan(period) => self.periods[period].held += 1,
        }
        self.jobs.push((payer, Fate::Held));
        Changed
    }

    fn settle(&mut self, i: usize, fate: Fate) -> Effect {
        if self.jobs.is_empty() {
            return Nothing;
        }
        let job = i % self.jobs.len();
        let (payer, Fate::Held) = self.jobs[job] else {
            return Refused;
        };
        self.jobs[job].1 = fate;
        let delivered = fate == Fate::Delivered;
        match payer {
            Payer::Credits(_) => {
                let coins: Vec<usize> = (0..self.coins.len())
                    .filter(|i| self.coins[*i].place == Place::Held(job))
                    .collect();
                if delivered {
                    self.put(&coins, Place::Spent);
                } else {
                    self.come_back(&coins);
                    self.pay_debt();
                }
            }
            Payer::Trial => {
                self.trials_held -= 1;
                self.trials_used += i64::from(delivered);
            }
            Payer::Plan(period) => {
                self.periods[period].held -= 1;
                self.periods[period].used += i64::from(delivered);
            }
        }
        Changed
    }

    /// The money of a purchase changes; its credits follow to where they must be then.
    fn money(&mut self, i: usize, change: impl FnOnce(&mut Purchase)) -> Effect {
        if self.purchases.is_empty() {
            return Nothing;
        }
        let id = i % self.purchases.len();
        change(&mut self.purchases[id]);
        let purchase = self.purchases[id];
        let granted = self.count(|coin| self.lots[coin.lot].purchase == Some(id));
        let returned = (purchase.refunded + purchase.lost).min(purchase.paid);
        let target = granted * returned / purchase.paid;
        let mut effect = Nothing;
        if purchase.disputed && self.freeze(id, true) {
            effect = Changed;
        }
        if target > purchase.taken_back {
            self.take_back(id, target - purchase.taken_back);
            effect = Changed;
        }
        if target < purchase.taken_back {
            self.give_back(id, purchase.taken_back - target);
            effect = Changed;
        }
        self.purchases[id].taken_back = target;
        if !purchase.disputed && self.freeze(id, false) {
            effect = Changed;
            self.lapse();
            self.pay_debt();
        }
        effect
    }

    fn freeze(&mut self, purchase: usize, frozen: bool) -> bool {
        let mut changed = false;
        for lot in &mut self.lots {
            if lot.purchase == Some(purchase) && lot.frozen != frozen {
                lot.frozen = frozen;
                changed = true;
            }
        }
        changed
    }

    fn take_back(&mut self, purchase: usize, n: i64) {
        let mut coins =
            self.in_order(|coin, lot| coin.place == Place::Free && lot.purchase == Some(purchase));
        coins.extend(self.in_order(|coin, lot| {
            coin.place == Place::Free && lot.purchase != Some(purchase) && !lot.frozen
        }));
        coins.truncate(usize::try_from(n).unwrap());
        self.debt += n - coins.len() as i64;
        self.put(&coins, Place::Taken);
    }

    fn give_back(&mut self, purchase: usize, n: i64) {
        let forgiven = self.debt.min(n);
        self.debt -= forgiven;
        let is_taken = |coin: &Coin| coin.place == Place::Taken;
        let mut coins = self.in_order(|coin, lot| is_taken(coin) && lot.purchase == Some(purchase));
        coins.extend(self.in_order(|coin, lot| is_taken(coin) && lot.purchase != Some(purchase)));
        coins.truncate(usize::try_from(n - forgiven).unwrap());
        self.come_back(&coins);
    }
}
