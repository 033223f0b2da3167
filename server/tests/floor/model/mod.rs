//! The ledger against a plain model: random histories of one wallet are done to both, and after every
//! step every figure is compared, on both databases. A history that fails is made as short as it can be
//! and printed.
//!
//! `MODEL_HISTORIES` says how many per database, `MODEL_SEED` repeats a run.

mod real;
mod steps;
mod wallet;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use atelier_server::credits::Figures;
use atelier_server::db::{Database, Kind};
use atelier_server::testing::TestGround;
use atelier_server::time::Timestamp;
use atelier_server::verify;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use real::{Done, INITIAL, Real, TRIALS};
use sqlx::FromRow;
use steps::{Step, Tool};
use wallet::{Effect, HOUR, Model};

/// Histories per database in the normal run; `cargo xtask soak` runs many more.
const HISTORIES: u64 = 200;

#[expect(
    clippy::disallowed_methods,
    reason = "no setting: only this test knows it"
)]
fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "any number will do, and it is printed"
)]
fn seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    from_environment("MODEL_SEED").unwrap_or(since.as_secs())
}

fn attack(kind: Kind) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ground = runtime.block_on(TestGround::new(kind));
    let histories = from_environment("MODEL_HISTORIES").unwrap_or(HISTORIES);
    let (seed, steps) = (seed(), AtomicU64::new(0));
    let config = Config {
        cases: u32::try_from(histories).unwrap(),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, random);
    let done = runner.run(&steps::history(), |history| {
        let work = live_through(&ground, &history);
        steps.fetch_add(runtime.block_on(work), Ordering::Relaxed);
        Ok(())
    });
    let steps = steps.into_inner();
    println!("{kind:?}: {histories} histories, {steps} steps, MODEL_SEED={seed}");
    if let Err(failure) = done {
        panic!("MODEL_SEED={seed}: {failure}");
    }
    runtime.block_on(async {
        let mut findings = verify::findings(&ground.db).await.unwrap();
        // Purchases and jobs are ids only here.
        findings.retain(|finding| !["job.missing", "recharge.missing"].contains(&finding.kind));
        // Without its record nobody knows when a purchase lapses.
        findings.retain(|finding| finding.kind != "lot.expires_at");
        assert!(
            findings.is_empty(),
            "{:#?}",
            &findings[..findings.len().min(5)]
        );
    });
}

#[test]
fn every_figure_is_that_of_the_model_on_sqlite() {
    attack(Kind::Sqlite);
}

#[test]
fn every_figure_is_that_of_the_model_on_postgres() {
    attack(Kind::Postgres);
}

/// Runs a history on a fresh wallet; how many steps it had.
async fn live_through(ground: &TestGround, history: &[Step]) -> u64 {
    let start = Timestamp::from_seconds(1_795_000_000);
    let mut model = Model::new(start.micros(), INITIAL, TRIALS);
    let mut real = Real::new(&ground.db, ground.catalog.prices(), start).await;
    let mut before = compare(&model, &real, None).await;
    for step in history {
        model.tick(match step {
            Step::Wait(hours) => hours * HOUR,
            _ => 1,
        });
        // What lapsed before this step is written down by it.
        let unwritten = model.unwritten;
        let expected = model.step(step);
        let now = Timestamp::from_micros(model.now);
        let done = real.step(step, &model, now).await;
        // What was nothing to do still writes down what had lapsed.
        let wrote = expected == Effect::Nothing
            && unwritten
            && real.wallet(now).await.version != before.version;
        if wrote {
            model.unwritten = false;
        }
        let refused = expected == Effect::Refused;
        assert_eq!(done == Done::Refused, refused, "{step:?}");
        let after = compare(&model, &real, Some(step)).await;
        let changed = i64::from(expected == Effect::Changed || wrote);
        assert_eq!(after.version, before.version + changed, "{step:?}");
        if refused {
            assert_eq!(after, before, "{step:?} left a trace");
        }
        before = after;
    }
    history.len() as u64
}

/// What a refused step must leave as it was.
#[derive(Debug, PartialEq, Eq)]
struct Trace {
    version: i64,
    entries: i64,
    uses: i64,
    lots: usize,
}

#[derive(FromRow)]
struct Entries {
    entries: i64,
    net: i64,
    newest: i64,
    balance: i64,
    uses: i64,
}

#[derive(Debug, FromRow, PartialEq, Eq, PartialOrd, Ord)]
struct LotFigures {
    created_at: i64,
    source: String,
    granted: i64,
    free: i64,
    held: i64,
    spent: i64,
    gone: i64,
    taken: i64,
    frozen: i64,
    expires_at: Option<i64>,
}

async fn compare(model: &Model, real: &Real, step: Option<&Step>) -> Trace {
    let wallet = real.wallet(Timestamp::from_micros(model.now)).await;
    let figures = Figures {
        remaining: model.remaining(),
        held: model.held(),
        frozen: model.frozen(),
        total: model.total(),
        used: model.used(),
        removed: model.removed(),
        bonus: model.granted_as(&["bonus", "grant"]),
        initial: model.granted_as(&["initial"]),
        debt: model.debt,
    };
    assert_eq!(wallet.figures, figures, "{step:?}");
    assert!(wallet.figures.adds_up(), "{step:?}: {:?}", wallet.figures);
    let trials = (wallet.trials.limit, wallet.trials.used, wallet.trials.held);
    assert_eq!(
        trials,
        (model.trials_limit, model.trials_used, model.trials_held),
        "{step:?}"
    );
    let period = wallet
        .period
        .as_ref()
        .map(|p| (p.quota, p.used, p.held, p.past_due));
    let serving = model.period().map(|i| {
        let period = &model.periods[i];
        (period.quota, period.used, period.held, model.is_past_due(i))
    });
    assert_eq!(period, serving, "{step:?}");
    compare_uses(model, real, &wallet);
    let lots = compare_lots(model, &real.db, real, step).await;
    let entries = entries(real).await;
    // What lapsed counts as gone before it is written down.
    if !model.unwritten {
        assert_eq!(entries.net, wallet.figures.net(), "{step:?}");
    }
    assert_eq!(
        (entries.newest, entries.balance),
        (entries.entries, entries.net),
        "{step:?}"
    );
    Trace {
        version: wallet.version,
        entries: entries.entries,
        uses: entries.uses,
        lots,
    }
}

/// The uses that are left, by asking the model what would pay for one more.
fn compare_uses(model: &Model, real: &Real, wallet: &atelier_server::credits::Wallet) {
    let prices = real.prices();
    for (tool, price) in [(Tool::TryOn, prices.try_on), (Tool::Video, prices.video)] {
        let pays = model.payer(tool).is_some();
        assert_eq!(wallet.payer(price).is_ok(), pays, "{tool:?}");
        assert_eq!(wallet.remaining_uses(price) != Some(0), pays, "{tool:?}");
    }
}

async fn compare_lots(model: &Model, db: &Database, real: &Real, step: Option<&Step>) -> usize {
    let mut found: Vec<LotFigures> = sqlx::query_as("SELECT * FROM lots WHERE user_id = $1")
        .bind(&real.user)
        .fetch_all(db.reader())
        .await
        .unwrap();
    let mut expected: Vec<LotFigures> = model
        .lots
        .iter()
        .zip(model.by_lot())
        .map(|(lot, [free, held, spent, gone, taken])| LotFigures {
            created_at: lot.created_at,
            source: lot.source.to_owned(),
            granted: free + held + spent + gone,
            free,
            held,
            spent,
            gone,
            taken,
            frozen: i64::from(lot.frozen),
            expires_at: lot.expires_at,
        })
        .collect();
    if model.unwritten {
        // The rows do not know yet what lapsed.
        for lot in found.iter_mut().filter(|lot| lot.frozen == 0) {
            if lot.expires_at.is_some_and(|at| at <= model.now) {
                lot.gone += std::mem::take(&mut lot.free);
            }
        }
    }
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{step:?}");
    found.len()
}

async fn entries(real: &Real) -> Entries {
    sqlx::query_as(
        "SELECT COUNT(*) AS entries, CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS net, \
         MAX(seq) AS newest, \
         (SELECT balance_after FROM entries WHERE user_id = $1 ORDER BY seq DESC LIMIT 1) AS balance, \
         (SELECT COUNT(*) FROM consumption_records WHERE user_id = $1) AS uses \
         FROM entries WHERE user_id = $1",
    )
    .bind(&real.user)
    .fetch_one(real.db.reader())
    .await
    .unwrap()
}
