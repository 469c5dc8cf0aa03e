//! Counting apart from HTTP: channel, batch, database. `cargo bench --bench counting`, or with `-- --quick` a smoke run.
//!
//! ```text
//! producers ─► EventSender::send ─► channel ─► counter ─► batch ─► Meter ─► CachedStore ─► SQLite in a file
//! ```
//!
//! Everything but [`Meter`], which takes times and can hold batches back, is the server's own, started as the server
//! starts it. Each case is measured in each round, so that whatever else the machine does falls on all alike, and after
//! each measurement the database is asked whether it has every event: a rate with losses would be worth nothing.
//!
//! What is deliberately absent: a database in memory, and any switch that the server does not have.

mod bed;
mod cases;
mod cpu;
mod database;
mod events;
mod figures;
mod internals;
#[path = "../machine.rs"]
mod machine;
#[path = "../markdown.rs"]
mod markdown;
mod memory;
mod meter;
#[cfg(feature = "postgres")]
mod on_postgres;
mod queue;
#[path = "../report.rs"]
mod report;
#[cfg(feature = "postgres")]
#[path = "../../support/postgres/mod.rs"]
mod server;
#[path = "../stats.rs"]
mod stats;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use tempfile::TempDir;

use crate::cases::Plan;

const HELP: &str = "\
Measures counting apart from HTTP: events per second from the channel to the commit, draining, commits, growth.

Usage: cargo bench --bench counting -- [OPTIONS]

  --rounds N     each case in turn, N times over [3]
  --only WORD    the cases with this in their name
  --quick        a smoke run: one round, small numbers, no million posts
  --postgres     a PostgreSQL of its own instead of SQLite: needs Debian's postgresql and --features postgres
  --queue URL    a queue that runs between the counters and the database; its own, for it is read from the start
  --memory       memory while the database is locked, and nothing else: some minutes";

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too, without the argument that cargo bench adds.
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing measured; run it with: cargo bench --bench counting");
        return ExitCode::SUCCESS;
    }
    arguments.retain(|argument| argument != "--bench");
    // As the server does at its start.
    internals::give_back_large_blocks();
    let measured = match arguments.as_slice() {
        [only] if only == "--memory" => scratch().and_then(|(_, dir)| memory::run(dir.path())),
        _ => plan(arguments).and_then(|plan| run(&plan)),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn plan(arguments: Vec<String>) -> Result<Plan> {
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let mut plan = Plan::new(quick);
    let mut arguments = arguments.into_iter();
    while let Some(name) = arguments.next() {
        match (name.as_str(), arguments.next()) {
            ("--quick", rest) => {
                // It takes no value: what came after it is the next option.
                if let Some(rest) = rest {
                    let left = std::iter::once(rest).chain(arguments).collect::<Vec<_>>();
                    arguments = left.into_iter();
                }
            }
            ("--postgres", rest) => {
                plan.postgres = true;
                if let Some(rest) = rest {
                    let left = std::iter::once(rest).chain(arguments).collect::<Vec<_>>();
                    arguments = left.into_iter();
                }
            }
            ("--queue", Some(url)) => plan.queue = Some(url),
            ("--rounds", Some(rounds)) => plan.rounds = rounds.parse()?,
            ("--only", Some(word)) => plan.only = Some(word),
            _ => bail!("cannot follow {name}; try --help"),
        }
    }
    if plan.rounds == 0 {
        bail!("--rounds must be at least 1");
    }
    Ok(plan)
}

/// Where results go, and a folder of this run's own in it: on a real disk, for /tmp may be memory.
fn scratch() -> Result<(PathBuf, TempDir)> {
    let inside = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let root = inside.parent().unwrap_or(inside).join("bench");
    std::fs::create_dir_all(&root)?;
    let scratch = tempfile::tempdir_in(&root)?;
    Ok((root, scratch))
}

fn run(plan: &Plan) -> Result<()> {
    let (root, scratch) = scratch()?;
    let figures = cases::run(plan, scratch.path())?;
    let machine = machine::Machine::here();
    println!("{}\n\n{}", machine.line(), figures.tables());
    let mut document = figures.to_json();
    document["machine"] = machine.to_json();
    document["rounds"] = plan.rounds.into();
    report::write(&root.join("counting.json"), &format!("{document:#}\n"))
}
