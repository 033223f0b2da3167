//! The faults: one line each, in the code that must never have one.

/// Which tests guard a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// Of the crate `server`: tables, and on both databases the ledger, the model and what stands around them.
    Server,
    /// The whole program over HTTP, as far as it concerns buying.
    Site,
    /// The table of what happens to money after it came.
    Money,
    /// What becomes of jobs and of what people send: the tests whose names have one of these.
    Studio(&'static [&'static str]),
}

impl Suite {
    pub fn words(self) -> Vec<&'static str> {
        let words: &[&str] = match self {
            Self::Server => &["--package", "atelier-server", "--lib", "--test", "floor"],
            Self::Site => &["--package", "atelier", "--test", "site", "payments"],
            Self::Money => &[
                "--package",
                "atelier",
                "--test",
                "site",
                "--",
                "money::table",
                "money::told",
            ],
            Self::Studio(names) => {
                let mut words = vec![
                    "--package",
                    "atelier",
                    "--package",
                    "atelier-pictures",
                    "--lib",
                    "--test",
                    "site",
                    "--",
                ];
                words.extend(names);
                return words;
            }
        };
        words.to_vec()
    }
}

pub struct Fault {
    /// What goes wrong, in a few words.
    pub name: &'static str,
    pub file: &'static str,
    /// The place: a text that is there once.
    pub from: &'static str,
    pub to: &'static str,
    pub suite: Suite,
}

const fn fault(
    suite: Suite,
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
) -> Fault {
    Fault {
        name,
        file,
        from,
        to,
        suite,
    }
}

const fn server(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
) -> Fault {
    fault(Suite::Server, name, file, from, to)
}

const fn site(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
) -> Fault {
    fault(Suite::Site, name, file, from, to)
}

const fn money(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
) -> Fault {
    fault(Suite::Money, name, file, from, to)
}

const fn studio(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    guards: &'static [&'static str],
) -> Fault {
    fault(Suite::Studio(guards), name, file, from, to)
}

const LEDGER: &str = "server/src/credits/ledger.rs";
const ORDER: &str = "server/src/credits/order.rs";
const OPERATIONS: &str = "server/src/credits/operations.rs";
const RETURNS: &str = "server/src/credits/returns.rs";
const STORE: &str = "server/src/credits/store.rs";
const TYPES: &str = "server/src/credits/types.rs";
const ADJUST: &str = "server/src/credits/adjust.rs";
const RECHARGES: &str = "server/src/payments/records.rs";
const RECORDS: &str = "server/src/credits/records.rs";
const ROWS: &str = "server/src/credits/rows.rs";
const DAILY: &str = "server/src/oversight/daily.rs";
const DEEP: &str = "server/src/verify/deep.rs";
const FULFIL: &str = "server/src/payments/fulfil.rs";
const GATEWAY: &str = "server/src/payments/gateway.rs";
const SUBSCRIPTIONS: &str = "server/src/payments/subscriptions.rs";
const READINGS: &str = "server/src/payments/readings.rs";
const QUEUE: &str = "server/src/studio/queue.rs";
const SETTLE: &str = "server/src/studio/settle.rs";
const SUBMIT: &str = "server/src/studio/submit.rs";
const WORKER: &str = "server/src/studio/worker.rs";
const CALLBACKS: &str = "server/src/studio/callbacks.rs";
const LINKS: &str = "server/src/studio/links.rs";
const PICTURES: &str = "server/pictures/src/lib.rs";

pub const FAULTS: &[Fault] = &[
    // The spend order.
    server(
        "bought credits are spent before given ones",
        ORDER,
        "lot.source == Source::Purchase",
        "lot.source != Source::Purchase",
    ),
    server(
        "lasting credits are spent before those that lapse",
        ORDER,
        "map_or(i64::MAX, |at| at.micros())",
        "map_or(0, |at| at.micros())",
    ),
    server(
        "newest credits are spent first",
        ORDER,
        "lot.created_at.micros(), lot.id.as_str()",
        "-lot.created_at.micros(), lot.id.as_str()",
    ),
    server(
        "frozen credits are spent",
        ORDER,
        "if lot.frozen { 0 } else { lot.free }",
        "lot.free",
    ),
    // What pays.
    server(
        "the plan never pays",
        TYPES,
        "if price.plan &&",
        "if false &&",
    ),
    server(
        "the last credit cannot be spent",
        TYPES,
        "self.figures.remaining >= price.credits",
        "self.figures.remaining > price.credits",
    ),
    server(
        "trials pay for what they may not",
        TYPES,
        "price.trial && self.trials.remaining > 0",
        "self.trials.remaining > 0",
    ),
    server(
        "a full quota pays once more",
        TYPES,
        "is_none_or(|left| left > 0)",
        "is_none_or(|left| left >= 0)",
    ),
    // Holds.
    server(
        "a hold takes what is not there",
        LEDGER,
        "if self.figures.remaining < amount {",
        "if self.figures.remaining + 1 < amount {",
    ),
    server(
        "a hold is made for an account whose spending is stopped",
        OPERATIONS,
        "wallet.refuse_stopped()?;",
        "",
    ),
    server(
        "a trial is not held",
        OPERATIONS,
        "locked.trials.held += 1;",
        "",
    ),
    server(
        "a use of the plan is not held",
        OPERATIONS,
        "plans::count(tx, &mut locked, &id, 1, 0)",
        "plans::count(tx, &mut locked, &id, 0, 0)",
    ),
    server(
        "a use of the plan is not counted",
        OPERATIONS,
        "id, -1, i64::from(delivered))",
        "id, -1, 0)",
    ),
    server(
        "a hold is released twice",
        RECORDS,
        "WHERE job_id = $1 AND status = 'held'",
        "WHERE job_id = $1",
    ),
    server(
        "a release gives back more than was held",
        LEDGER,
        "lot.take_in(*part, now);",
        "lot.take_in(*part + 1, now);",
    ),
    server(
        "a captured hold comes back",
        OPERATIONS,
        "let delivered = kind == EntryKind::Capture;",
        "let delivered = false;",
    ),
    server(
        "the wallet is not locked",
        STORE,
        "tx.locking(\"SELECT * FROM wallets WHERE user_id = $1\")",
        "\"SELECT * FROM wallets WHERE user_id = $1\"",
    ),
    // Lapse.
    server(
        "credits live a moment too long",
        LEDGER,
        "self.expires_at.is_some_and(|at| at <= now)",
        "self.expires_at.is_some_and(|at| at < now)",
    ),
    server(
        "lapse is ignored",
        LEDGER,
        "lot.expires_at.filter(|_| lot.lapsed(self.now))",
        "lot.expires_at.filter(|_| false)",
    ),
    server(
        "frozen credits lapse",
        LEDGER,
        "if amount == 0 || lot.frozen {",
        "if amount == 0 {",
    ),
    server(
        "what comes back into a lapsed lot lapses at once",
        LEDGER,
        "        if self.lapsed(now) {\n            self.expires_at",
        "        if false {\n            self.expires_at",
    ),
    server(
        "a page still shows what lapsed",
        STORE,
        "l.free > 0 AND l.expires_at <= $1 AND l.frozen = 0",
        "l.free > 0 AND l.expires_at < $1 AND l.frozen = 0",
    ),
    // Debt, refunds, disputes.
    server(
        "a grant does not pay the debt",
        LEDGER,
        "let amount = self.figures.debt.min(self.figures.remaining);",
        "let amount = 0;",
    ),
    server(
        "taken back is rounded up",
        RETURNS,
        "product / i128::from(paid_minor)",
        "(product + i128::from(paid_minor) - 1) / i128::from(paid_minor)",
    ),
    server(
        "each refund takes back by its own delta",
        RETURNS,
        "target - taken.back;",
        "target - 0 * taken.back;",
    ),
    server(
        "a refund takes other lots first",
        LEDGER,
        "if lot.is_of(recharge) { lot.free } else { 0 }",
        "if lot.is_of(recharge) { 0 } else if lot.frozen { 0 } else { lot.free }",
    ),
    server(
        "a failed refund leaves the debt",
        LEDGER,
        "let from_debt = self.figures.debt.min(amount);",
        "let from_debt = 0;",
    ),
    server(
        "a dispute does not freeze",
        LEDGER,
        "let lots = self.set_frozen(recharge, true);",
        "let lots = self.set_frozen(recharge, false);",
    ),
    server(
        "what a won dispute frees does not lapse",
        LEDGER,
        "        self.lapse();\n        self.pay_debt();",
        "        self.pay_debt();",
    ),
    // Exactly once, in order.
    server(
        "a purchase may be granted twice",
        OPERATIONS,
        "lot.recharge_id = Some(grant.recharge.clone());",
        "",
    ),
    server(
        "the version stands still",
        STORE,
        "self.row.version += 1;",
        "",
    ),
    server(
        "an entry tells what remains, not the net balance",
        LEDGER,
        "balance_after: self.figures.net(),",
        "balance_after: self.figures.remaining,",
    ),
    server(
        "a plan serves no day after its end",
        ROWS,
        "now < self.serves_until",
        "now < self.ends_at",
    ),
    // By hand.
    server(
        "setting forgets the debt",
        ADJUST,
        "(missing + figures.debt, Deducted::Removed)",
        "(missing, Deducted::Removed)",
    ),
    server(
        "an operator's deduction counts as used",
        ADJUST,
        "_ => Deducted::Removed,",
        "_ => Deducted::Used,",
    ),
    // Fulfilment.
    server(
        "a payment of somebody else is granted",
        FULFIL,
        "state.user_id.as_deref() != Some(recharge.user_id.as_str())",
        "state.user_id.is_none()",
    ),
    server(
        "a payment that is too small is granted",
        FULFIL,
        "state.amount_minor - state.tax_minor + state.discount_minor < recharge.amount_minor",
        "state.amount_minor - state.tax_minor + state.discount_minor + 1 < recharge.amount_minor",
    ),
    server(
        "a payment in another currency is granted",
        FULFIL,
        "state.currency != recharge.currency",
        "state.currency.is_empty()",
    ),
    site(
        "an open checkout is granted",
        FULFIL,
        "CheckoutProgress::Open => return Ok(Fulfilment::Unpaid(recharge)),",
        "CheckoutProgress::Open => return self.settle(recharge, state).await,",
    ),
    site(
        "a payment on its way is granted",
        FULFIL,
        "CheckoutProgress::Processing => return Ok(Fulfilment::Waiting(recharge)),",
        "CheckoutProgress::Processing => return self.settle(recharge, state).await,",
    ),
    server(
        "of a day only the last part is kept",
        DAILY,
        "SET amount = site_figures.amount + excluded.amount",
        "SET amount = excluded.amount",
    ),
    server(
        "what is paid at a provider without lists is no finding",
        DEEP,
        "compare(gateway, record.as_ref(), &state, found);\n                finished",
        "finished",
    ),
    site(
        "the bonus is granted twice",
        RECHARGES,
        "credits: self.credits - self.bonus,",
        "credits: self.credits,",
    ),
    site(
        "the record completes without its grant",
        FULFIL,
        "if credits::is_granted(&mut tx, &recharge.id).await? {",
        "if true {",
    ),
    // Money after it came.
    server(
        "an old reading overwrites a new one",
        READINGS,
        "AND applied < $2",
        "AND applied <> $2",
    ),
    money(
        "a refund that failed counts as money back",
        GATEWAY,
        "refund.progress != RefundProgress::Failed",
        "refund.id != refund.id.to_uppercase()",
    ),
    money(
        "a lost dispute takes nothing back",
        GATEWAY,
        "dispute.progress == DisputeProgress::Lost",
        "dispute.id.is_empty()",
    ),
    money(
        "an open dispute freezes nothing",
        GATEWAY,
        "disputes.any(|dispute| dispute.progress == DisputeProgress::Open)",
        "disputes.any(|dispute| dispute.id.is_empty())",
    ),
    server(
        "an unpaid renewal ends the plan at once",
        SUBSCRIPTIONS,
        "const GRACE: Duration = Duration::from_secs(3 * 24 * 3_600);",
        "const GRACE: Duration = Duration::from_secs(0);",
    ),
    server(
        "a plan whose money went back goes on",
        SUBSCRIPTIONS,
        "if fate.revoked {",
        "if fate.revoked && ends_at < now {",
    ),
    money(
        "a second plan is kept",
        SUBSCRIPTIONS,
        "let surplus = self.is_begun() &&",
        "let surplus = !self.is_begun() &&",
    ),
    money(
        "a smaller plan takes effect at once",
        SUBSCRIPTIONS,
        "same_period && known.is_some_and(|before| now.is_above(before))",
        "same_period && known.is_some()",
    ),
    server(
        "the end of a plan is not told",
        STORE,
        "past.any(|turn| turn > self.row.changed_at)",
        "past.any(|turn| turn > self.now)",
    ),
    money(
        "money of a plan that goes back is not told",
        OPERATIONS,
        "if !tx.has_changed(&Change::Wallet(user.clone())) {",
        "if tx.has_changed(&Change::Wallet(user.clone())) {",
    ),
    // The studio: who is next, how a job ends, what is let in.
    studio(
        "somebody with many jobs goes before others",
        QUEUE,
        "GROUP BY w.user_id ORDER BY \\",
        "GROUP BY w.user_id ORDER BY -1 * \\",
        &["crowd"],
    ),
    studio(
        "more jobs run than the provider runs at once",
        QUEUE,
        "Ok(running < most)",
        "Ok(running <= most)",
        &["crowd", "fashn", "video"],
    ),
    studio(
        "a job is leased that another node works on",
        QUEUE,
        "AND next_at IS NOT NULL AND lease_until <= $4 RETURNING",
        "AND next_at IS NOT NULL AND $4 = $4 RETURNING",
        &["nodes", "job_table"],
    ),
    studio(
        "a job ends twice",
        SETTLE,
        "WHERE id = $1 AND state IN ('queued', 'running') AND",
        "WHERE id = $1 AND",
        &["nodes", "job_table"],
    ),
    studio(
        "a failed job is paid for",
        SETTLE,
        "credits::release(tx, &job.id, now).await",
        "credits::capture(tx, &job.id, now).await",
        &["job_table"],
    ),
    studio(
        "a job that its provider has is cancelled at once",
        SETTLE,
        "AND ($6 = 0 OR submitted_at IS NULL)",
        "AND ($6 = 0 OR $6 = 1)",
        &["job_table", "video", "studio"],
    ),
    studio(
        "what was deleted for good stays",
        SETTLE,
        "Deletion::ForGood => now.minus(Duration::from_secs(1)),",
        "Deletion::ForGood => now.plus(UNDO),",
        &["video", "studio"],
    ),
    studio(
        "one account may have one job more than is allowed",
        SUBMIT,
        "if unfinished >= self.settings.most_unfinished",
        "if unfinished > self.settings.most_unfinished",
        &["studio", "video"],
    ),
    studio(
        "a lost answer is asked for without end",
        WORKER,
        "if late || job.unsure_submits >= MOST_UNSURE_SUBMITS",
        "if late || job.unsure_submits >= MOST_UNSURE_SUBMITS + 9",
        &["job_table", "studio"],
    ),
    studio(
        "a job without a verdict is never given up",
        WORKER,
        "self.clock.now() > job.deadline_at.plus(self.settings.no_verdict_after)",
        "job.fetch_attempts > 99 && self.clock.now() > job.deadline_at",
        &["job_table", "studio", "video"],
    ),
    studio(
        "a result that is gone is waited for without end",
        WORKER,
        "job.fetch_attempts + 1 >= MOST_FETCHES",
        "job.fetch_attempts + 1 >= MOST_FETCHES * 99",
        &["job_table", "studio"],
    ),
    studio(
        "a forged callback is believed",
        CALLBACKS,
        "if signed == Some(false) {",
        "if signed == Some(false) && body.is_empty() {",
        &["replicate", "video"],
    ),
    studio(
        "a callback that nobody signed is believed",
        CALLBACKS,
        "if signed != Some(true) {",
        "if signed == Some(false) && body.is_empty() {",
        &["replicate"],
    ),
    studio(
        "a link opens its file for ever",
        LINKS,
        "if self.clock.now().seconds() >= seconds {",
        "if seconds == 0 {",
        &["video", "s3"],
    ),
    studio(
        "a picture that asks for too much memory is decoded",
        PICTURES,
        "if memory > MOST_MEMORY {",
        "if memory > MOST_MEMORY * 99 {",
        &["hostile", "tests"],
    ),
    studio(
        "a picture that must be turned is counted once",
        PICTURES,
        "_ => pixels + beside.max(pixels),",
        "_ => pixels + beside,",
        &["hostile", "tests"],
    ),
];
