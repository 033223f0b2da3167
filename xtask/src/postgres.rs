//! `cargo xtask postgres`

use std::io;
use std::thread;

use crate::Outcome;
use crate::cluster::Cluster;
use crate::setup;

pub fn run(words: &[String]) -> Outcome {
    setup::postgresql()?;
    let own;
    let cluster = if words.iter().any(|word| word == "--durable") {
        own = Cluster::start_durable()?;
        &own
    } else {
        Cluster::shared()?
    };
    println!("{}", cluster.url("postgres"));
    // Whoever reads this through a pipe is waiting for the line.
    io::Write::flush(&mut io::stdout())?;
    loop {
        // Ctrl-c ends this process, and with it the cluster.
        thread::park();
    }
}
