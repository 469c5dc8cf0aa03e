//! Reads while someone else holds the database's write lock, against quiet ones: a reader must not notice.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::case::Case;
use crate::contender::Ready;
use crate::machine::Machine;
use crate::options::Options;
use crate::stats::{Spread, figure};
use crate::workshop::Workshop;
use crate::{load, own, report};

const SECONDS: u64 = 5;
const LIMIT: f64 = 1.2;
const CASE: Case = Case::MAIN;

/// Takes the write lock, says so, and lets go by itself.
const HOLD: &str = "\
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
database.execute('BEGIN IMMEDIATE')
print('locked', flush=True)
time.sleep(float(sys.argv[2]))
database.execute('ROLLBACK')
";

pub fn run(options: &Options, root: &Path) -> Result<()> {
    load::wrk_version()?;
    let workshop = Workshop::open(root)?;
    if let Err(missing) = workshop.version("python3", "--version", "python3") {
        println!("skipped: {missing:#}");
        return Ok(());
    }
    let contender = own::contenders()
        .into_iter()
        .find(|contender| contender.name == own::CHANNEL);
    let contender = contender.context("viewtally is not among the contenders")?;
    let ready = Ready {
        recipe: (contender.prepare)(&workshop)?,
        contender,
    };

    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        workshop.go_on()?;
        let running = ready.start(&CASE, &workshop)?;
        let dir = running.dir.path();
        load::drive(&CASE, running.port, "", 1, dir)?;
        let base = running.settled()?.unwrap_or(0);
        let quiet = load::drive(&CASE, running.port, "", SECONDS, dir)?;
        let lock = Lock::take(&dir.join("viewtally.db"))?;
        let locked = load::drive(&CASE, running.port, "", SECONDS, dir)?;
        lock.wait_released()?;
        // Batches kept during the lock are retried with a growing delay.
        std::thread::sleep(Duration::from_secs(SECONDS));
        let counted = running.settled()?.unwrap_or(0) - base;
        let lost = (quiet.answered + locked.answered).saturating_sub(counted);
        eprintln!(
            "round {round}/{}: p99 {} µs quiet, {} µs locked; {lost} of {} views not counted",
            options.rounds,
            figure(quiet.p99_us),
            figure(locked.p99_us),
            quiet.answered + locked.answered
        );
        rounds.push((quiet, locked, lost));
    }
    let ratio = Spread::of(
        rounds
            .iter()
            .map(|(quiet, locked, _)| locked.p99_us / quiet.p99_us.max(1.0)),
    );
    let ratio = ratio.context("no round was measured")?;
    println!(
        "p99 while the database is locked {SECONDS} s, against quiet ({CASE}): {} ({}–{}), demanded ≤ {LIMIT}: {}",
        figure(ratio.median),
        figure(ratio.min),
        figure(ratio.max),
        if ratio.median <= LIMIT {
            "met"
        } else {
            "NOT met"
        }
    );
    let runs: Vec<Value> = rounds
        .iter()
        .map(|(quiet, locked, lost)| json!({"quiet_p99_us": quiet.p99_us, "locked_p99_us": locked.p99_us, "lost": lost}))
        .collect();
    let document = json!({"machine": Machine::here().to_json(), "ratio": ratio.to_json(), "limit": LIMIT, "rounds": runs});
    report::write(&options.json(root, "locked"), &format!("{document:#}\n"))
}

/// A process that holds the lock; it lets go by itself, or when this is dropped.
struct Lock(Child);

impl Lock {
    fn take(database: &Path) -> Result<Self> {
        let mut child = Command::new("python3")
            .args(["-c", HOLD])
            .arg(database)
            // Held a little beyond the load.
            .arg((SECONDS + 1).to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start python3")?;
        let stdout = child.stdout.take();
        let lock = Self(child);
        let mut line = String::new();
        BufReader::new(stdout.context("python3 has no output")?).read_line(&mut line)?;
        if line.trim() != "locked" {
            bail!("cannot lock {}", database.display());
        }
        Ok(lock)
    }

    fn wait_released(mut self) -> Result<()> {
        let status = self.0.wait()?;
        if !status.success() {
            bail!("the process that held the lock ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
