use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use atelier_server::oversight::Deed;
use atelier_server::verify::{self, Finding, Told, Totals};
use clap::Args;
use serde_json::json;

use super::{Provider, operator};
use crate::settings::Settings;
use crate::start::{Ground, StartError, say};

#[derive(Args)]
pub struct Arguments {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Also ask the payment provider
    #[arg(long)]
    deep: bool,
    /// Take the disagreement of this kind as it is, together with --id and --reason
    #[arg(long, value_name = "KIND", requires = "id", requires = "reason")]
    accept: Option<String>,
    #[arg(long)]
    id: Option<String>,
    #[arg(long)]
    reason: Option<String>,
}

pub async fn run(settings: Settings, arguments: Arguments) -> Result<ExitCode, StartError> {
    let ground = Ground::open(&settings).await?;
    let Arguments {
        json,
        deep,
        accept,
        id,
        reason,
    } = arguments;
    if let (Some(kind), Some(id), Some(reason)) = (accept, id, reason) {
        return accept_finding(&ground, &kind, &id, &reason).await;
    }
    let mut printer = Printer::new(json);
    printer.begin()?;
    let mut tell = |told: Told<'_>| printer.tell(told);
    let mut totals = verify::run(&ground.db, &mut tell).await?;
    if deep {
        let provider = Provider::start(&settings, &ground).await?;
        let asked = verify::ask_providers(&provider.payments, &ground.db, &mut totals, &mut tell);
        asked.await?;
    }
    printer.end(&totals)?;
    ground.db.close().await;
    Ok(if totals.findings == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn accept_finding(
    ground: &Ground,
    kind: &str,
    id: &str,
    reason: &str,
) -> Result<ExitCode, StartError> {
    if reason.trim().is_empty() {
        return Err("--reason wants a few words".into());
    }
    let findings = verify::findings(&ground.db).await?;
    let finding = findings.iter().find(|f| f.kind == kind && f.id == id);
    let finding = finding.ok_or_else(|| format!("nothing is wrong with {kind} {id}"))?;
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    if verify::accept_in(&mut tx, finding, reason, now).await? {
        let before = format!("{kind}, {} and not {}", finding.found, finding.expected);
        let by = operator(reason);
        by.records(&mut tx, Deed::Accept, id, &before, "accepted", now)
            .await?;
    }
    tx.commit().await?;
    say(&format!("accepted: {finding}"))?;
    ground.db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Prints findings as they come, so that a long list needs no memory; progress goes to standard
/// error, where somebody watches.
struct Printer {
    json: bool,
    first: bool,
    watched: bool,
    shown_at: Instant,
    /// The first error of printing; nothing is printed after it.
    broken: Option<io::Error>,
}

const SHOW_EVERY: Duration = Duration::from_millis(500);

impl Printer {
    fn new(json: bool) -> Self {
        Self {
            json,
            first: true,
            watched: std::io::stderr().is_terminal(),
            shown_at: Instant::now(),
            broken: None,
        }
    }

    fn begin(&self) -> io::Result<()> {
        if self.json {
            say("{\"findings\": [")
        } else {
            Ok(())
        }
    }

    fn tell(&mut self, told: Told<'_>) {
        let done = match told {
            Told::Finding(finding) if self.broken.is_none() => self.finding(finding),
            Told::Progress(totals) if self.watched => self.progress(totals),
            _ => Ok(()),
        };
        self.broken = self.broken.take().or(done.err());
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        if !self.json {
            return say(&finding.to_string());
        }
        let comma = if std::mem::take(&mut self.first) {
            ""
        } else {
            ","
        };
        say(&format!("{comma}{}", serde_json::to_string(finding)?))
    }

    fn progress(&mut self, totals: &Totals) -> io::Result<()> {
        if self.shown_at.elapsed() < SHOW_EVERY {
            return Ok(());
        }
        self.shown_at = Instant::now();
        let Totals {
            wallets,
            of_wallets,
            entries,
            ..
        } = totals;
        let mut stderr = std::io::stderr();
        write!(
            stderr,
            "\r{wallets} of {of_wallets} wallets, {entries} entries "
        )?;
        stderr.flush()?;
        Ok(())
    }

    fn end(self, totals: &Totals) -> io::Result<()> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        if self.json {
            let totals = json!({
                "wallets": totals.wallets,
                "entries": totals.entries,
                "disagreements": totals.findings,
                "accepted": totals.accepted,
            });
            let inner = totals.to_string();
            return say(&format!("], {}", inner.trim_start_matches('{')));
        }
        let Totals {
            wallets,
            entries,
            findings,
            accepted,
            ..
        } = totals;
        let accepted = match accepted {
            0 => String::new(),
            some => format!(", {some} accepted"),
        };
        say(&format!(
            "{wallets} wallets and {entries} entries checked, {findings} disagreements{accepted}"
        ))
    }
}
