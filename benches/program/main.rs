//! `cargo xtask bench`: what DESIGN's limits ask of the program, each beside its baseline in the same
//! run. A word on the command line picks one part.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench speaks on standard output and has nobody to report an error to"
)]

mod admin;
mod dashboard;
mod ground;
mod load;
mod process;
mod push;

fn main() {
    atelier::start::cryptography();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(bench());
}

async fn bench() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let picked = |part: &str| wanted.is_empty() || wanted.iter().any(|word| word == part);
    if picked("dashboard") {
        dashboard::bench().await;
    }
    if picked("push") {
        push::bench().await;
    }
    if picked("process") {
        process::bench().await;
    }
    if picked("admin") {
        admin::bench().await;
    }
    // Only when it is asked for: what it makes stays.
    if wanted.iter().any(|word| word == "house") {
        admin::keep().await;
    }
}
