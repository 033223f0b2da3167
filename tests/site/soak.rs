//! The soak: the real program is killed again and again with work in flight, at random moments and at
//! the named ones of [`failpoint`], and started again on what is left. Then what the callers were told
//! and what the sandbox's book says was paid are compared with the database.
//!
//! `SOAK_ROUNDS` says how many kills (20), in turns on SQLite and PostgreSQL; `SOAK_SEED` repeats the
//! choices of an earlier run; the table goes into the file `SOAK_REPORT`. `cargo xtask soak` sets them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use atelier_server::failpoint;

use crate::support::process::{MACHINE, Place};
use crate::support::shop::{Dice, NEVER, Shop, Told};
use crate::support::{Kind, LIMIT, until_within};

const ROUNDS: u64 = 20;
/// In every ten rounds on one database each failpoint has its turn, and chance has the rest.
const CYCLE: usize = 10;
/// On a long run everything comes to rest and is compared now and then, and not only at the end.
const REST_EVERY: u64 = 50;

/// How a round ends.
enum Kill {
    /// When a failpoint is reached for the n-th time.
    At { point: &'static str, times: u64 },
    /// After so many answers.
    Chance { answers: u64 },
}

impl Kill {
    /// `turn` counts the rounds on one database.
    fn choose(turn: usize, dice: &mut Dice) -> Self {
        match failpoint::ALL.get(turn % CYCLE) {
            Some(&point) => {
                let times = match point {
                    // A start commits a few times by itself.
                    failpoint::COMMITTED => 30 + dice.below(60),
                    _ => 1 + dice.below(2),
                };
                Self::At { point, times }
            }
            None => Self::Chance {
                answers: 1 + dice.below(40),
            },
        }
    }

    fn arm(&self, command: &mut Command) {
        if let Self::At { point, times } = self {
            command.env("FAILPOINT", format!("{point}:{times}"));
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::At { point, .. } => point,
            Self::Chance { .. } => "(any moment)",
        }
    }
}

/// Serves, is used, and is killed.
async fn serve_and_kill(shop: &Arc<Shop>, kill: &Kill, dice: &mut Dice) {
    let server = shop.serve(|command| kill.arm(command));
    shop.check(NEVER).await;
    let before = shop.told().answers;
    let shopping = shop.begin_shopping(dice);
    match kill {
        Kill::At { point, .. } => {
            until_within(LIMIT * 2, &format!("{point} is reached"), async || {
                let log = server.log();
                let line = log.iter().find(|line| line.contains("failpoint reached"));
                line.filter(|line| line.contains(point)).map(|_| ())
            })
            .await;
        }
        Kill::Chance { answers } => {
            until_within(LIMIT * 2, "enough is answered", async || {
                (shop.told().answers >= before + answers).then_some(())
            })
            .await;
        }
    }
    shopping.will_end();
    let log = server.kill();
    shopping.end().await;
    check_log(&log);
}

/// A kill is no error of the program's: nothing may be logged as one.
#[track_caller]
fn check_log(log: &[String]) {
    let wrong = log.iter().find(|line| !line.contains("failpoint reached"));
    assert_eq!(wrong, None, "{log:#?}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long to soak is asked for from outside"
)]
fn asked_for(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number_asked_for(name: &str) -> Option<u64> {
    asked_for(name)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_loses_nothing_and_does_nothing_twice() {
    let _machine = MACHINE.lock().await;
    let started = Instant::now();
    let rounds = number_asked_for("SOAK_ROUNDS").unwrap_or(ROUNDS);
    let seed = number_asked_for("SOAK_SEED").unwrap_or_else(|| Dice::thrown().0);
    eprintln!("soak: SOAK_SEED={seed} SOAK_ROUNDS={rounds}");
    let mut dice = Dice(seed);
    let shops = [
        Shop::open(Place::new(Kind::Sqlite).await, &mut dice).await,
        Shop::open(Place::new(Kind::Postgres).await, &mut dice).await,
    ];
    let mut kills: BTreeMap<&str, u64> = BTreeMap::new();
    let mut without_verdict = 0;
    for round in 0..rounds {
        let turn = usize::try_from(round).unwrap_or(0);
        let kill = Kill::choose(turn / 2, &mut dice);
        eprintln!("round {round}: {} at {:?}", kill.name(), started.elapsed());
        serve_and_kill(&shops[turn % 2], &kill, &mut dice).await;
        *kills.entry(kill.name()).or_default() += 1;
        if (round + 1) % REST_EVERY == 0 || round + 1 == rounds {
            let (one, other) = tokio::join!(shops[0].rest(), shops[1].rest());
            for rest in [one, other] {
                check_log(&rest.log);
                without_verdict += rest.without_verdict;
            }
        }
    }
    let report = report(&kills, &shops, without_verdict, seed, started.elapsed());
    eprintln!("{report}");
    if let Some(file) = asked_for("SOAK_REPORT") {
        std::fs::write(file, report).expect("the report is written");
    }
}

fn report(
    kills: &BTreeMap<&str, u64>,
    shops: &[Arc<Shop>],
    without_verdict: i64,
    seed: u64,
    took: Duration,
) -> String {
    let sum = |count: fn(&Told) -> u64| shops.iter().map(|shop| count(&shop.told())).sum::<u64>();
    let mut text = String::from("| killed at | times |\n|---|---|\n");
    for (point, times) in kills {
        let _ = writeln!(text, "| {point} | {times} |");
    }
    let rounds: u64 = kills.values().sum();
    let _ = write!(
        text,
        "\n{rounds} kills in {:.0} s, seed {seed}. {} checkouts, {} payments and {} jobs were answered, \
         {} answers in all, {} of them to a key that was answered before. {without_verdict} jobs never \
         got a verdict and were let go a day behind their deadline. Lost: 0. Double: 0.\n",
        took.as_secs_f64(),
        sum(|told| told.packs.len() as u64),
        sum(|told| told.paid.len() as u64),
        sum(|told| told.jobs.len() as u64),
        sum(|told| told.answers),
        sum(|told| told.repeated),
    );
    text
}
