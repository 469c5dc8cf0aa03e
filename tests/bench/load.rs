//! Drives a contender: wrk for speed, and a fixed number of finished requests for exactness.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::case::Case;
use crate::http::Client;
use crate::proc;

const MARK: &str = "viewtally-bench ";
/// Connections of the exact pass: each is a thread of this process.
const EXACT_CONNECTIONS: usize = 64;

/// What wrk saw. Latencies are those of a closed loop: a stalled server also stalls the load, so they are a lower bound.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub seconds: f64,
    /// Answers with status 200.
    pub answered: u64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
    /// Failed connects, reads and writes, timeouts, and other statuses.
    pub errors: u64,
}

impl Load {
    /// Requests that a contender may have counted although their answer was not read: wrk stops in the middle of one on
    /// each connection, and gives up on those it reports as errors.
    pub fn unread(&self, case: &Case) -> u64 {
        case.connections as u64 + self.errors
    }
}

/// The version of wrk, or what to install.
pub fn wrk_version() -> Result<String> {
    let out = Command::new("wrk")
        .arg("-v")
        .output()
        .context("wrk is not installed; try: apt-get install wrk")?;
    let text =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    Ok(text
        .split_whitespace()
        .take(2)
        .collect::<Vec<_>>()
        .join(" "))
}

/// Drives `case` on the contender at `port` for whole seconds.
pub fn drive(case: &Case, port: u16, query: &str, seconds: u64, dir: &Path) -> Result<Load> {
    let script = dir.join("load.lua");
    fs::write(&script, lua(case, query))?;
    let threads = if case.connections == 1 { 1 } else { 2 };
    // wrk needs a descriptor per connection; the soft limit is often 1024.
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "ulimit -n \"$(ulimit -H -n)\"; exec wrk \"$@\"",
            "wrk",
        ])
        .args([
            "-t",
            &threads.to_string(),
            "-c",
            &case.connections.to_string(),
        ])
        .args([
            "-d",
            &format!("{seconds}s"),
            "--timeout",
            "10s",
            "--latency",
        ])
        .arg("-s")
        .arg(&script);
    if !case.keep_alive {
        command.args(["-H", "Connection: close"]);
    }
    command.arg(format!("http://127.0.0.1:{port}/posts/1{query}"));
    let out = proc::output(command, Duration::from_secs(seconds + 30))?;
    let text = String::from_utf8_lossy(&out.stdout);
    let Some(line) = text.lines().find_map(|line| line.strip_prefix(MARK)) else {
        bail!(
            "wrk gave no figures: {}{}",
            text.trim(),
            String::from_utf8_lossy(&out.stderr).trim()
        );
    };
    let seen: Value =
        serde_json::from_str(line).with_context(|| format!("cannot read wrk's figures {line}"))?;
    let number = |name: &str| seen[name].as_f64().unwrap_or(0.0);
    let refused = number("status") as u64;
    Ok(Load {
        seconds: number("duration") / 1e6,
        answered: (number("requests") as u64)
            .checked_sub(refused)
            .with_context(|| format!("wrk saw more failures than answers: {line}"))?,
        p50_us: number("p50"),
        p99_us: number("p99"),
        p999_us: number("p999"),
        errors: number("broken") as u64 + refused,
    })
}

/// For one post wrk repeats a prepared request; for many, each thread walks through its own shuffled list of them.
fn lua(case: &Case, query: &str) -> String {
    let Case { posts, hot, .. } = *case;
    let many = format!(
        r#"
local list, at
function init()
  list, at = {{}}, 0
  math.randomseed(tonumber(tostring(list):match("0x(%x+)"), 16) % 2147483647)
  for k = 0, {hot} - 1 do
    list[k + 1] = wrk.format("GET", "/posts/" .. (1 + math.floor(k * {posts} / {hot})) .. "{query}")
  end
  for k = {hot}, 2, -1 do
    local other = math.random(k)
    list[k], list[other] = list[other], list[k]
  end
end
function request()
  at = at % {hot} + 1
  return list[at]
end
"#
    );
    let report = format!(
        r#"
function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{MARK}{{"requests":%d,"duration":%d,"status":%d,"broken":%d,"p50":%d,"p99":%d,"p999":%d}}\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
"#
    );
    if hot > 1 { many + &report } else { report }
}

/// Sends `requests` requests, each to its end, and gives how many were answered 200.
pub fn exact(case: &Case, port: u16, query: &str, requests: usize) -> Result<u64> {
    let threads = case.connections.min(EXACT_CONNECTIONS);
    let keep_alive = case.keep_alive;
    thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|index| {
                let share = requests / threads + usize::from(index < requests % threads);
                scope.spawn(move || -> Result<u64> {
                    let mut client = Client::new(port, keep_alive);
                    let mut answered = 0;
                    for _ in 0..share {
                        answered +=
                            u64::from(client.get(&format!("/posts/1{query}"))?.status == 200);
                    }
                    Ok(answered)
                })
            })
            .collect();
        started
            .into_iter()
            .map(|thread| thread.join().expect("a request thread does not panic"))
            .sum()
    })
}
