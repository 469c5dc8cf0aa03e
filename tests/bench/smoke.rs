//! Instructions per request, counted by callgrind: the one figure a noisy machine cannot move by much.
//!
//! Two runs of different length are compared, so that starting, seeding and stopping cancel. One connection and a flush
//! that waits for the end make the runs repeatable; what a commit costs is measured elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::contender;
use crate::http::Client;
use crate::own;
use crate::proc::Server;
use crate::seed;
use crate::skip::skip;
use crate::stats::{Spread, figure};
use crate::workshop::Workshop;

const SHORT: usize = 200;
const LONG: usize = 10_200;
const BODY: usize = 2048;
const TOLERANCE: f64 = 0.05;
/// Of these the middle one counts: timers add instructions, and a thread that happens to be awake saves some.
const RUNS: usize = 3;
const STOP_WITHIN: Duration = Duration::from_secs(60);

pub fn run(write: bool, root: &Path) -> Result<()> {
    let workshop = Workshop::open(root)?;
    if let Err(missing) = workshop.version("valgrind", "--version", "valgrind") {
        return skip("counting instructions", &missing);
    }
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        workshop.go_on()?;
        short.push(instructions(SHORT, &workshop)?);
        long.push(instructions(LONG, &workshop)?);
    }
    let now = per_request(&short, &long)?;
    println!(
        "{} instructions per request ({} KB body, keep-alive, {RUNS} runs)",
        figure(now),
        BODY / 1024
    );

    let file = figure_file();
    if write {
        let text = format!(
            "# Instructions per request; `make bench-smoke` fails beyond 5 % more or less. Recorded by `--smoke --write`.\n{now:.0}\n"
        );
        return crate::report::write(&file, &text);
    }
    let Some(before) = recorded(&file)? else {
        bail!(
            "{} holds no figure to compare with; record one with --smoke --write",
            file.display()
        );
    };
    println!("{}", compare(now, before)?);
    Ok(())
}

/// The figure must be the recorded one, give or take: a record that is too high would let the next change be too dear.
fn compare(now: f64, before: f64) -> Result<String> {
    let change = now / before - 1.0;
    let words = format!(
        "{:+.1} % against the recorded {}",
        change * 100.0,
        figure(before)
    );
    if change > TOLERANCE {
        bail!(
            "a request costs more instructions: {words}; make it cheaper, or record the new figure with --smoke --write and say why"
        );
    }
    if change < -TOLERANCE {
        bail!(
            "a request costs fewer instructions than recorded: {words}; keep the gain by recording it with --smoke --write"
        );
    }
    Ok(words)
}

fn per_request(short: &[u64], long: &[u64]) -> Result<f64> {
    let middle = |runs: &[u64]| Spread::of(runs.iter().map(|&run| run as f64));
    let (short, long) = middle(short).zip(middle(long)).context("nothing was run")?;
    let now = (long.median - short.median) / (LONG - SHORT) as f64;
    if now <= 0.0 {
        bail!("{LONG} requests took no more instructions than {SHORT}");
    }
    Ok(now)
}

fn figure_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/instructions.txt")
}

/// The recorded figure: the first line that is neither empty nor a comment.
fn recorded(file: &Path) -> Result<Option<f64>> {
    let Ok(text) = fs::read_to_string(file) else {
        return Ok(None);
    };
    let Some(line) = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
    else {
        return Ok(None);
    };
    let figure = line
        .parse()
        .with_context(|| format!("{} holds no number: {line}", file.display()))?;
    Ok(Some(figure))
}

/// All instructions of a server that answers `requests` reads and stops.
fn instructions(requests: usize, workshop: &Workshop) -> Result<u64> {
    let dir = workshop.scratch()?;
    let counts = dir.path().join("callgrind.out");
    let log = dir.path().join("output.log");
    let port = contender::free_port()?;
    let mut server = Server::start(under_callgrind(port, dir.path(), &counts), &log)?;
    contender::wait_ready(&mut server, port, "/healthz", &log)
        .context("viewtally did not get ready under callgrind")?;
    seed::prepare_posts(port, 1, BODY)?;
    let mut client = Client::new(port, true);
    for _ in 0..requests {
        let reply = client.get("/posts/1")?;
        if reply.status != 200 {
            bail!("GET /posts/1 answered {}: {}", reply.status, reply.text());
        }
    }
    drop(client);
    let status = server.stop(STOP_WITHIN);
    if !status.is_some_and(|status| status.success()) {
        bail!(
            "viewtally did not stop cleanly under callgrind{}",
            contender::last_words(&log)
        );
    }
    total(&counts)
}

fn under_callgrind(port: u16, dir: &Path, counts: &Path) -> Command {
    let server = own::serve(port, dir, 1);
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(server.get_program())
        .args(server.get_args())
        .args(["--flush-every", "60s"]);
    for (name, value) in server.get_envs().filter(|(_, value)| value.is_none()) {
        debug_assert!(value.is_none());
        command.env_remove(name);
    }
    command
}

/// The sum callgrind writes at the end of its file.
fn total(file: &Path) -> Result<u64> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("callgrind left no {}", file.display()))?;
    let sum = text.lines().rev().find_map(|line| {
        line.strip_prefix("totals:")
            .or_else(|| line.strip_prefix("summary:"))
    });
    let sum = sum.and_then(|sum| sum.split_whitespace().next()?.parse().ok());
    sum.with_context(|| format!("{} holds no total", file.display()))
}
