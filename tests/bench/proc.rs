//! Child processes that never outlive the harness, and what the kernel knows about them.
//!
//! A contender may fork workers: its CPU time and memory are those of its whole process tree.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const POLL: Duration = Duration::from_millis(5);
const STOP_GRACE: Duration = Duration::from_secs(5);

/// What a process tree has used so far.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// User and system time, of children already reaped too.
    pub cpu: Duration,
    /// Peak resident memory, summed over the tree (pages that forked workers share are counted once for each).
    pub peak_bytes: u64,
}

/// A running contender; dropping it stops its whole process tree.
pub struct Server {
    child: Child,
}

impl Server {
    /// Starts `command` with its output going to `log`.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let out = File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        Ok(Self { child })
    }

    /// Says whether the process has ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// CPU time and peak memory of the tree.
    pub fn usage(&self) -> Result<Usage> {
        let mut ticks = 0;
        let mut peak_bytes = 0;
        for process in tree(self.child.id())? {
            ticks += process.ticks;
            peak_bytes += peak_memory(process.pid).unwrap_or(0);
        }
        Ok(Usage {
            cpu: Duration::from_secs_f64(ticks as f64 / ticks_per_second()),
            peak_bytes,
        })
    }

    /// Asks the process to end, waits for it and gives its exit status; whatever of the tree is left is killed.
    pub fn stop(mut self, grace: Duration) -> Option<ExitStatus> {
        self.end(grace)
    }

    fn end(&mut self, grace: Duration) -> Option<ExitStatus> {
        if let Some(status) = self.ended() {
            return Some(status);
        }
        let family = tree(self.child.id()).unwrap_or_default();
        signal("TERM", self.child.id());
        let deadline = Instant::now() + grace;
        let mut status = self.ended();
        while status.is_none() && Instant::now() < deadline {
            sleep(POLL);
            status = self.ended();
        }
        for process in family.iter().filter(|p| p.pid != self.child.id()) {
            // The start time tells the worker from a stranger that got its number since.
            if stat(process.pid).is_some_and(|now| now.started == process.started) {
                signal("KILL", process.pid);
            }
        }
        if status.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        status
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(STOP_GRACE);
    }
}

/// Runs a command to its end, or kills it after `limit`.
pub fn output(mut command: Command, limit: Duration) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut server = Server {
        child: child.with_context(|| format!("cannot start {name}"))?,
    };
    let stdout = reader(server.child.stdout.take());
    let stderr = reader(server.child.stderr.take());
    let deadline = Instant::now() + limit;
    let status = loop {
        if let Some(status) = server.ended() {
            break status;
        }
        if Instant::now() > deadline {
            bail!("{name} was stopped after {} s", limit.as_secs());
        }
        sleep(POLL);
    };
    Ok(Output {
        status,
        stdout: stdout.join().unwrap_or_default(),
        stderr: stderr.join().unwrap_or_default(),
    })
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// std only knows how to kill; the shell's own `kill` is there on every system and needs no crate.
fn signal(name: &str, pid: u32) {
    let _ = Command::new("sh")
        .args(["-c", "kill -\"$0\" \"$1\"", name, &pid.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

struct Process {
    pid: u32,
    parent: u32,
    ticks: u64,
    started: u64,
}

/// The process and all its descendants that are alive.
fn tree(root: u32) -> Result<Vec<Process>> {
    let mut children: HashMap<u32, Vec<Process>> = HashMap::new();
    for entry in
        fs::read_dir("/proc").context("cannot list /proc; the harness measures on Linux only")?
    {
        let pid = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if let Some(process) = pid.and_then(stat) {
            children.entry(process.parent).or_default().push(process);
        }
    }
    let mut found: Vec<Process> = stat(root).into_iter().collect();
    let mut next = 0;
    while next < found.len() {
        found.extend(children.remove(&found[next].pid).unwrap_or_default());
        next += 1;
    }
    Ok(found)
}

/// Fields 4, 14 to 17 and 22 of proc_pid_stat(5); the name before them may hold spaces and brackets.
fn stat(pid: u32) -> Option<Process> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |field: usize| {
        fields
            .get(field - 3)
            .and_then(|text| text.parse::<u64>().ok())
    };
    Some(Process {
        pid,
        parent: number(4)? as u32,
        ticks: number(14)? + number(15)? + number(16)? + number(17)?,
        started: number(22)?,
    })
}

fn peak_memory(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<u64>()
            .ok()?
            * 1024,
    )
}

fn ticks_per_second() -> f64 {
    let told = Command::new("getconf").arg("CLK_TCK").output().ok();
    told.and_then(|out| String::from_utf8(out.stdout).ok()?.trim().parse().ok())
        .unwrap_or(100.0)
}
