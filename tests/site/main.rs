//! The whole program, asked over HTTP and run as a process. One file a subject; one test program for
//! all of them, so that it is linked once.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what a test measured is its result")]

#[macro_use]
mod support;

mod access;
mod account;
mod admin;
mod anomalies;
mod api;
mod audited;
mod batches;
mod concurrency;
mod crowd;
mod desk;
mod doctor;
mod export;
mod fashn;
mod faults;
mod files;
mod freshness;
mod headers;
mod hostile;
mod job_table;
mod killed;
mod metrics;
mod money;
mod nodes;
mod odd_events;
mod overseen;
mod overview;
mod pages;
mod payments;
mod plan_pages;
mod privileges;
mod process;
mod replicate;
mod s3;
mod session;
mod settings;
mod soak;
mod studio;
mod success_page;
mod texts;
mod verify;
mod video;
