//! The ground of the tests: the real program, started on a scratch folder and a fresh database of
//! either kind, and callers who talk to it over HTTP like anybody else.
//!
//! [`on_both_databases!`] writes a test once and runs it on SQLite and on PostgreSQL. When a test is
//! over, its program is stopped and its ledger is checked: money that does not add up fails every test.

mod answer;
pub mod app;
pub mod client;
pub mod html;
pub mod live;
pub mod multipart;
pub mod pictures;
pub mod process;
pub mod shop;
pub mod stripe;

use std::time::Duration;

pub use answer::Answer;
pub use app::App;
pub use atelier_server::db::Kind;
pub use client::{Checkout, Client};

/// Longer than anything here takes; reached only by what will never happen.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Numbers without a pattern, the same for the same seed.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: u64) -> i64 {
        // Knuth's MMIX generator; its high bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % bound).expect("a small number")
    }
}

/// Looks again and again until `look` finds something. A test waits for a condition, never for time
/// to pass.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(LIMIT, what, async || look().await).await
}

pub async fn until_within<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    };
    match tokio::time::timeout(limit, looking).await {
        Ok(found) => found,
        Err(_) => panic!("waited {limit:?} in vain until {what}"),
    }
}

/// Does the same `times` times at once; every answer, in no order.
pub async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    times: usize,
    mut make: impl FnMut(usize) -> F,
) -> Vec<T> {
    let running: Vec<_> = (0..times)
        .map(|number| tokio::spawn(make(number)))
        .collect();
    let mut answers = Vec::with_capacity(times);
    for one in running {
        answers.push(one.await.expect("a task of the test"));
    }
    answers
}

/// `on_two_nodes! { async fn name(one: &App, other: &App) {…} }` runs on two programs over one
/// PostgreSQL database and one folder of files.
macro_rules! on_two_nodes {
    ($(async fn $name:ident($one:ident: &App, $other:ident: &App) $body:block)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            async fn check($one: &$crate::support::App, $other: &$crate::support::App) $body
            let one = $crate::support::App::start($crate::support::Kind::Postgres).await;
            let other = one.another().await;
            check(&one, &other).await;
            other.leave().await;
            one.stop().await;
        }
    )+};
}

/// `on_both_databases! { async fn name(app: &App) {…} }` becomes `name::sqlite` and `name::postgres`,
/// each with a program of its own.
macro_rules! on_both_databases {
    ($(async fn $name:ident($app:ident: &App) $body:block)+) => {$(
        async fn $name($app: &$crate::support::App) $body

        mod $name {
            use $crate::support::{App, Kind};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let app = App::start(Kind::Sqlite).await;
                super::$name(&app).await;
                app.stop().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let app = App::start(Kind::Postgres).await;
                super::$name(&app).await;
                app.stop().await;
            }
        }
    )+};
}

/// The same for what needs processes: `on_both_places! { async fn name(place: &Place) {…} }`.
macro_rules! on_both_places {
    ($(async fn $name:ident($place:ident: &Place) $body:block)+) => {$(
        async fn $name($place: &$crate::support::process::Place) $body

        mod $name {
            use $crate::support::{Kind, process::Place};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(&Place::new(Kind::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(&Place::new(Kind::Postgres).await).await;
            }
        }
    )+};
}
