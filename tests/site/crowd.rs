//! Many at once: 200 jobs of 20 people on two nodes, one of whom was there first with a hundred. All end, none
//! is made twice, and nobody waits for the hundred to start a first one.
//!
//! A normal run has a fifth of it; `CROWD=full` is all of it.

use std::fs;
use std::time::{Duration, Instant};

use atelier_server::db::{Database, Kind};
use atelier_server::failpoint::JOB_HELD;
use serde_json::json;

use crate::support::process::{MACHINE, Place, Server};
use crate::support::{Client, until_within};

/// How many come, and how many jobs they want.
struct Crowd {
    others: usize,
    each: usize,
    first: usize,
}

impl Crowd {
    #[expect(
        clippy::disallowed_methods,
        reason = "no setting: only this test knows it"
    )]
    fn of_this_run() -> Self {
        if std::env::var("CROWD").is_ok_and(|value| value == "full") {
            return Self {
                others: 19,
                each: 6,
                first: 100,
            };
        }
        Self {
            others: 7,
            each: 2,
            first: 26,
        }
    }

    const fn jobs(&self) -> usize {
        self.first + self.others * self.each
    }
}

/// Nobody else's first job may start after this one of whoever was first.
const LATEST: usize = 11;
/// What a node may take at most, in MB: uploads, two pictures decoded and two composed at once.
const MOST_MEMORY: u64 = 600;
const LIMIT: Duration = Duration::from_secs(400);

fn serve(place: &Place, settings: &[(&str, &str)]) -> Server {
    let mut command = place.command(&["serve"]);
    command
        .env("ATELIER_JOBS_PER_ACCOUNT", "100")
        .envs(settings.iter().copied());
    Server::start(command)
}

/// The most memory a process ever had, in MB.
fn peak(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).expect("its status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    kilobytes
        .and_then(|text| text.parse::<u64>().ok())
        .expect("a figure")
        / 1024
}

async fn posts(client: &Client, jobs: usize) {
    for _ in 0..jobs {
        client.start_job().await;
    }
}

async fn number(db: &Database, statement: &'static str) -> i64 {
    let row = sqlx::query_scalar(statement).fetch_one(db.reader()).await;
    row.expect(statement)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_jobs_of_one_keep_nobody_from_starting() {
    let _machine = MACHINE.lock().await;
    let crowd = Crowd::of_this_run();
    let place = Place::new(Kind::Postgres).await;
    let db = Database::open(&place.database_url).await;
    let db = db.expect("the database");

    // Nothing starts until everybody stands in line: the workers stay at their first steps.
    let stopped = [("FAILPOINT", "job-held:1")];
    assert_eq!(JOB_HELD, "job-held");
    let (one, other) = (serve(&place, &stopped), serve(&place, &stopped));
    let admin = one
        .anonymous()
        .signed_in_as("admin@example.com", "atelier-demo")
        .await;
    let mut people = Vec::new();
    for number in 0..=crowd.others {
        let name = format!("person{number}");
        let person = one.anonymous().signed_up_as(&name).await;
        let set = json!({"action": "set", "amount": 200, "reason": "a test", "user_id": person.id});
        admin.post_json("/api/credits", set).await.expect(200);
        people.push(person);
    }
    posts(&people[0], crowd.first).await;
    let mut posting = tokio::task::JoinSet::new();
    for (number, person) in people.iter().enumerate().skip(1) {
        let base = if number % 2 == 0 {
            &one.base
        } else {
            &other.base
        };
        let (person, each) = (person.at(base), crowd.each);
        posting.spawn(async move { posts(&person, each).await });
    }
    posting.join_all().await;
    let peak_of_posting = peak(&one).max(peak(&other));
    one.kill();
    other.kill();

    // The leases of the dead are over.
    let begun = Instant::now();
    let later = [("CLOCK_AHEAD", "60")];
    let (one, other) = (serve(&place, &later), serve(&place, &later));
    until_within(LIMIT, "all jobs have ended", async || {
        let ended = number(&db, "SELECT COUNT(*) FROM jobs WHERE state = 'succeeded'").await;
        (ended == crowd.jobs() as i64).then_some(())
    })
    .await;
    let took = begun.elapsed();
    let peak = peak(&one).max(peak(&other)).max(peak_of_posting);

    // None twice, at the provider and in the books.
    for statement in [
        "SELECT COUNT(*) FROM sandbox_fashn_runs",
        "SELECT COUNT(DISTINCT external_id) FROM jobs",
        "SELECT COUNT(*) FROM entries WHERE kind = 'capture'",
        "SELECT COUNT(*) FROM files WHERE kind = 'result'",
    ] {
        assert_eq!(
            number(&db, statement).await,
            crowd.jobs() as i64,
            "{statement}"
        );
    }
    let order: Vec<String> = sqlx::query_scalar(
        "SELECT j.user_id FROM sandbox_fashn_runs r JOIN jobs j ON j.external_id = r.id \
         ORDER BY r.created_at, r.id",
    )
    .fetch_all(db.reader())
    .await
    .expect("who was served when");
    let of_first = (0..order.len()).filter(|place| order[*place] == people[0].id);
    let latest = of_first.clone().nth(LATEST - 1).expect("an eleventh");
    let mut last_first = 0;
    for person in &people[1..] {
        let first = order.iter().position(|id| *id == person.id);
        last_first = last_first.max(first.expect("a first job"));
    }
    let before = of_first.filter(|place| *place < last_first).count();
    println!(
        "crowd: {} jobs of {} people on two nodes in {:.0} s, at most {peak} MB a node; \
         when the last of the others began, the first had begun {before}",
        crowd.jobs(),
        people.len(),
        took.as_secs_f64(),
    );
    assert!(
        last_first < latest,
        "{before} of the first before the last of the others"
    );
    assert!(peak < MOST_MEMORY, "{peak} MB");
    let verify = place.run(&["verify", "--deep"]);
    assert!(verify.status.success(), "{verify:?}");
    db.close().await;
    drop((one, other));
}
