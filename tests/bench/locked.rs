//! Reads while someone else holds the database's write lock, against quiet ones: a reader must not notice.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::balance::Balance;
use crate::case::Case;
use crate::contender::{Ready, Running};
use crate::load::Load;
use crate::machine::Machine;
use crate::options::Options;
use crate::skip::skip;
use crate::stats::{Spread, figure};
use crate::workshop::Workshop;
use crate::{demand, load, own, report};

const SECONDS: u64 = 5;
/// Finished reads of the exact pass.
const FINISHED: usize = 2000;
const RETRIED_WITHIN: Duration = Duration::from_secs(30);
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
        return skip("reading while the database is locked", &missing);
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
        let measured = measure(&ready, &workshop)?;
        let Round {
            quiet,
            locked,
            lost,
        } = &measured;
        eprintln!(
            "round {round}/{}: p99 {} µs quiet, {} µs locked; {lost} of {} views not counted",
            options.rounds,
            figure(quiet.p99_us),
            figure(locked.p99_us),
            quiet.answered + locked.answered + FINISHED as u64
        );
        rounds.push(measured);
    }
    publish(options, root, &rounds)
}

/// What one round showed.
struct Round {
    quiet: Load,
    locked: Load,
    lost: u64,
}

fn measure(ready: &Ready, workshop: &Workshop) -> Result<Round> {
    let running = ready.start(&CASE, workshop)?;
    let (port, dir) = (running.port, running.dir.path());
    let database = dir.join("viewtally.db");
    load::drive(&CASE, port, "", 1, dir)?;
    let start = views(&running, 0)?;
    let quiet = load::drive(&CASE, port, "", SECONDS, dir)?;
    // Held a little beyond the load.
    let lock = Lock::take(&database, SECONDS + 1)?;
    let locked = load::drive(&CASE, port, "", SECONDS, dir)?;
    lock.wait_released()?;
    let timed = Balance {
        before: start,
        after: views(&running, start + quiet.answered + locked.answered)?,
        answered: quiet.answered + locked.answered,
        unread: quiet.unread(&CASE) + locked.unread(&CASE),
    };
    // The timed load leaves requests unread. These are each finished, so that their balance is exact.
    let lock = Lock::take(&database, 2)?;
    let answered = load::exact(&CASE, port, "", FINISHED)?;
    if answered != FINISHED as u64 {
        bail!("{answered} of {FINISHED} reads were answered 200 while the database was locked");
    }
    lock.wait_released()?;
    let finished = Balance {
        before: timed.after,
        after: views(&running, timed.after + answered)?,
        answered,
        unread: 0,
    };
    let lost = timed.lost()? + finished.lost()?;
    Ok(Round {
        quiet,
        locked,
        lost,
    })
}

/// The number of views once it stands still. Batches kept during the lock are retried with a growing delay, so this
/// waits first until the number is what is expected, but not for ever.
fn views(running: &Running, expected: u64) -> Result<u64> {
    running.reaches(expected, RETRIED_WITHIN)?;
    running.settled()?.context("viewtally counts")
}

fn publish(options: &Options, root: &Path, rounds: &[Round]) -> Result<()> {
    let ratio = Spread::of(
        rounds
            .iter()
            .map(|round| round.locked.p99_us / round.quiet.p99_us.max(1.0)),
    );
    let ratio = ratio.context("no round was measured")?;
    let met = ratio.median <= LIMIT;
    let line = format!(
        "p99 while the database is locked {SECONDS} s, against quiet ({CASE}): {} ({}–{}), demanded ≤ {LIMIT}: {}",
        figure(ratio.median),
        figure(ratio.min),
        figure(ratio.max),
        if met { "met" } else { "NOT met" }
    );
    println!("{line}");
    let runs: Vec<Value> = rounds
        .iter()
        .map(|round| json!({"quiet_p99_us": round.quiet.p99_us, "locked_p99_us": round.locked.p99_us, "lost": round.lost}))
        .collect();
    let document = json!({"machine": Machine::here().to_json(), "ratio": ratio.to_json(), "limit": LIMIT, "rounds": runs});
    report::write(&options.json(root, "locked"), &format!("{document:#}\n"))?;

    let mut failed: Vec<String> = (!met).then_some(line).into_iter().collect();
    let lost: u64 = rounds.iter().map(|round| round.lost).sum();
    if lost > 0 {
        failed.push(format!("{lost} views were answered and not counted"));
    }
    demand::fail_if_any(&failed)
}

/// A process that holds the lock; it lets go by itself, or when this is dropped.
struct Lock(Child);

impl Lock {
    fn take(database: &Path, seconds: u64) -> Result<Self> {
        let mut child = Command::new("python3")
            .args(["-c", HOLD])
            .arg(database)
            .arg(seconds.to_string())
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
