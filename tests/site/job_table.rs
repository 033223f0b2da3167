//! The table of jobs: every way a provider can behave × both tools × the program killed at every step, on
//! both databases. Whatever happens, a job ends once, is paid for when it succeeded, and costs nothing when
//! it did not.
//!
//! A normal run goes by pairs: an outcome meets a step once, with one tool, on one database, by turns.
//! `JOB_TABLE=full` tries all there are.

use std::time::Duration;

use atelier_server::db::{Database, Kind};
use atelier_server::failpoint::{JOB_HELD, JOB_SUBMITTED, RESULT_STORED, VERDICT_HEARD};
use serde_json::{Value, json};

use crate::support::multipart::Multipart;
use crate::support::process::{Place, Server};
use crate::support::{Client, pictures, until_within};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    TryOn,
    Video,
}

impl Tool {
    const fn cost(self) -> i64 {
        match self {
            Self::TryOn => 1,
            Self::Video => 10,
        }
    }
}

/// What the sandbox is told, and how the job ends by it: `None` when it succeeds, else with this code.
const OUTCOMES: [(&str, Option<&str>); 14] = [
    ("ok", None),
    ("fail:PoseError", Some("no_pose")),
    ("duplicate_callback", None),
    ("unavailable", None),
    ("fail:PipelineError", Some("provider_internal")),
    ("slow:1500", None),
    ("fail:ImageLoadError", Some("bad_image")),
    ("early_callback", None),
    ("fail:ContentModerationError", Some("moderation")),
    ("expired_url", Some("result_unavailable")),
    ("no_callback", None),
    ("fail:InputValidationError", Some("invalid_input")),
    ("forged_callback", None),
    ("fail:ThirdPartyError", Some("provider_internal")),
];

/// Jobs that are at it at once: a worker has six hands, and each is to come to the point where the program is
/// killed.
const AT_ONCE: usize = 5;

/// Of those that must be tried alone a normal run tries so many.
const FEW: usize = 3;

/// `None`: nobody is killed.
const STEPS: [Option<&str>; 5] = [
    None,
    Some(JOB_HELD),
    Some(JOB_SUBMITTED),
    Some(RESULT_STORED),
    Some(VERDICT_HEARD),
];

const BALANCE: i64 = 40;
/// The leases of the dead run out, and a result that is away is asked for five times.
const RECOVERY: Duration = Duration::from_secs(90);

/// One job and whose it is.
struct Row {
    outcome: &'static str,
    code: Option<&'static str>,
    tool: Tool,
    owner: Client,
    job: String,
}

async fn number(db: &Database, statement: &'static str) -> i64 {
    let row = sqlx::query_scalar(statement).fetch_one(db.reader()).await;
    row.expect(statement)
}

async fn order(owner: &Client, tool: Tool) -> String {
    let answer = match tool {
        Tool::TryOn => owner.try_on_usual().await,
        Tool::Video => {
            let form = Multipart::default().file("image", "p.jpg", pictures::person());
            owner.upload("/api/video/generate", form).await
        }
    };
    let job = answer.expect(202).json();
    assert_eq!(job["paid_by"], "credits");
    job["id"].as_str().expect("an id").to_owned()
}

/// Starts these jobs one after the other, so that each gets the outcome meant for it, as far as the provider
/// is asked at all.
async fn start(
    db: &Database,
    server: &Server,
    jobs: &[(&'static str, Option<&'static str>, Tool)],
    step: Option<&str>,
) -> Vec<Row> {
    let admin = server
        .anonymous()
        .signed_in_as("admin@example.com", "atelier-demo")
        .await;
    let mut rows = Vec::new();
    for (number_of, (outcome, code, tool)) in jobs.iter().copied().enumerate() {
        let name = format!("owner{number_of}");
        let owner = server.anonymous().signed_up_as(&name).await;
        let set =
            json!({"action": "set", "amount": BALANCE, "reason": "a test", "user_id": owner.id});
        admin.post_json("/api/credits", set).await.expect(200);
        let script = json!({"outcome": outcome});
        let anybody = server.anonymous();
        let scripted = anybody.post_json("/sandbox/studio/next", script).await;
        scripted.expect(204);
        let job = order(&owner, tool).await;
        if step != Some(JOB_HELD) {
            until_within(RECOVERY, "the provider has taken it", async || {
                let taken = number(db, "SELECT COUNT(*) FROM sandbox_fashn_runs").await;
                (usize::try_from(taken) == Ok(number_of + 1)).then_some(())
            })
            .await;
        }
        rows.push(Row {
            outcome,
            code,
            tool,
            owner,
            job,
        });
    }
    rows
}

/// Waits until each job has ended or has come to the point where its step stays, and kills the program.
async fn kill(db: &Database, server: Server, jobs: usize) {
    until_within(RECOVERY, "all jobs stay or have ended", async || {
        let ended = "SELECT COUNT(*) FROM jobs WHERE finished_at IS NOT NULL";
        let ended = usize::try_from(number(db, ended).await).expect("a count");
        (ended + arrived(&server.log()) >= jobs).then_some(())
    })
    .await;
    let log = server.kill();
    // Whoever stays in a transaction keeps its job from being leased again when the lease is over.
    let is_told =
        |line: &String| line.contains("failpoint reached") || line.contains("lock timeout");
    let wrong = log.iter().find(|line| !is_told(line));
    assert_eq!(wrong, None, "{log:#?}");
    assert!(arrived(&log) > 0, "nobody came to the point");
}

fn arrived(log: &[String]) -> usize {
    log.iter()
        .filter(|line| line.contains("failpoint reached"))
        .count()
}

/// How a job ended: the code of its failure, if it failed.
fn ending(job: &Value) -> Option<&str> {
    match job["state"].as_str() {
        Some("succeeded") => None,
        Some("failed") => job["error"]["code"].as_str(),
        other => panic!("{other:?}: {job}"),
    }
}

/// What a job has cost is what its end says, once.
async fn check_money(row: &Row, job: &Value) {
    let what = format!("{} {:?}: {job}", row.outcome, row.tool);
    let owner = &row.owner;
    let credits = &owner.wallet().await["credits"];
    let paid = match ending(job) {
        None => row.tool.cost(),
        Some(_) => 0,
    };
    assert_eq!(credits["remaining"], BALANCE - paid, "{what}");
    assert_eq!(
        (&credits["held"], &credits["used"]),
        (&json!(0), &json!(paid)),
        "{what}"
    );
    let (captures, releases) = (
        owner.entries_of("capture").await,
        owner.entries_of("release").await,
    );
    let captured = usize::from(paid > 0);
    assert_eq!((captures, releases), (captured, 1 - captured), "{what}");
    assert_eq!(owner.entries_of("hold").await, 1, "{what}");
    let result = owner.get(&format!("/api/jobs/{}/result", row.job)).await;
    result.expect(if paid > 0 { 200 } else { 404 });
}

/// Runs a batch of jobs with the program killed at a step, started again, and everything at its end.
async fn batch(
    kind: Kind,
    step: Option<&str>,
    jobs: &[(&'static str, Option<&'static str>, Tool)],
) {
    let place = Place::new(kind).await;
    let mut command = place.command(&["serve"]);
    if let Some(point) = step {
        command.env("FAILPOINT", format!("{point}:1"));
    }
    let server = Server::start(command);
    let db = Database::open(&place.database_url).await;
    let db = db.expect("the database");
    let mut rows = start(&db, &server, jobs, step).await;
    let server = match step {
        None => server,
        Some(_) => {
            kill(&db, server, rows.len()).await;
            let mut command = place.command(&["serve"]);
            command.env("CLOCK_AHEAD", "60");
            let server = Server::start(command);
            for row in &mut rows {
                row.owner = row.owner.at(&server.base);
            }
            server
        }
    };
    let mut seen = Vec::new();
    for row in &rows {
        let path = format!("/api/jobs/{}", row.job);
        let job = until_within(
            RECOVERY,
            &format!("{} has ended", row.outcome),
            async || {
                let job = row.owner.get(&path).await.expect(200).json();
                (!job["finished_at"].is_null()).then_some(job)
            },
        )
        .await;
        check_money(row, &job).await;
        let found = ending(&job).map(str::to_owned);
        match step {
            // Whoever asks first after the start gets the first outcome that is scripted.
            Some(JOB_HELD) => {}
            // Nobody wrote down that the provider had it, so it may have been asked once more.
            Some(JOB_SUBMITTED) if found.is_none() => {}
            _ => assert_eq!(
                found.as_deref(),
                row.code,
                "{} {step:?}: {job}",
                row.outcome
            ),
        }
        seen.push(found);
    }
    if step == Some(JOB_HELD) {
        let mut wanted: Vec<Option<String>> =
            rows.iter().map(|row| row.code.map(str::to_owned)).collect();
        wanted.sort();
        seen.sort();
        assert_eq!(seen, wanted);
    }
    db.close().await;
    let log = server.kill();
    let wrong: Vec<&String> = log
        .iter()
        .filter(|line| line.contains("panicked"))
        .collect();
    assert!(wrong.is_empty(), "{log:#?}");
    let verify = place.run(&["verify", "--deep"]);
    assert!(verify.status.success(), "{verify:?}");
}

/// Everything of one database, or the part that is its turn.
#[expect(
    clippy::disallowed_methods,
    reason = "no setting: only this test knows it"
)]
async fn table(kind: Kind) {
    let full = std::env::var("JOB_TABLE").is_ok_and(|value| value == "full");
    let here = usize::from(kind == Kind::Postgres);
    let mut tried = 0;
    for (step_number, step) in STEPS.into_iter().enumerate() {
        let mut jobs = Vec::new();
        for (number, (outcome, code)) in OUTCOMES.into_iter().enumerate() {
            let tools: &[Tool] = if full {
                &[Tool::TryOn, Tool::Video]
            } else if (number + step_number) % 2 != here {
                &[]
            } else if (number / 2 + step_number) % 2 == 0 {
                &[Tool::TryOn]
            } else {
                &[Tool::Video]
            };
            // A job that fails makes no result that could be stored.
            let comes_there = step != Some(RESULT_STORED) || code.is_none();
            let wanted = tools.iter().filter(|_| comes_there);
            jobs.extend(wanted.map(|tool| (outcome, code, *tool)));
        }
        // Whoever stays in a transaction keeps everybody from writing on SQLite.
        let alone = kind == Kind::Sqlite && step == Some(VERDICT_HEARD);
        if alone && !full {
            jobs.truncate(FEW);
        }
        for jobs in jobs.chunks(if alone { 1 } else { AT_ONCE }) {
            batch(kind, step, jobs).await;
            tried += jobs.len();
        }
    }
    println!("job table: {tried} jobs on {kind:?}, each ended once and cost what its end says");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_job_ends_once_and_costs_what_its_end_says_on_sqlite() {
    table(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_job_ends_once_and_costs_what_its_end_says_on_postgres() {
    table(Kind::Postgres).await;
}
