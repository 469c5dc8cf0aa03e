//! Memory while the store is away: the database is locked, and each view is of a viewer who was not there before.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bed::{Bed, Setup};
use crate::internals::{FreeMemory, TimestampMs, ViewEvent, Viewer};

/// Views, and as many viewers.
const VIEWS: usize = 8_660_000;
/// How long sending them takes: long enough for all counters to start.
const SENDING: Duration = Duration::from_secs(15);
/// Views sent between two pauses.
const BURST: usize = 10_000;
const POSTS: usize = 10_000;
/// How long it may take until all are counted.
const PATIENCE: Duration = Duration::from_secs(900);
/// How long after that memory is looked at for the last time.
const LATER: Duration = Duration::from_secs(60);
/// A time in the middle of a day, milliseconds.
const NOON: i64 = 20_000 * 86_400_000 + 43_200_000;

/// Measures without a window and with one, and prints the figures.
pub fn run(dir: &Path) -> Result<()> {
    for (name, dedup_window) in [
        ("no window", Duration::ZERO),
        ("--dedup-window 24h", Duration::from_secs(86_400)),
    ] {
        let scratch = tempfile::tempdir_in(dir)?;
        measure(name, scratch.path(), dedup_window)?;
    }
    Ok(())
}

fn measure(name: &str, dir: &Path, dedup_window: Duration) -> Result<()> {
    let bed = Bed::new(dir, POSTS)?;
    let mut machinery = bed.start(Setup {
        max_counters: 4,
        dedup_window,
        ..Setup::DEFAULT
    })?;
    // What the database itself needs is in memory before the start is measured.
    machinery.send_one(view(0));
    reset_peak()?;
    let start = memory("VmRSS")?;
    let lock = bed.lock()?;
    let began = Instant::now();
    let bursts = u32::try_from(VIEWS / BURST)?;
    for burst in 0..VIEWS / BURST {
        for number in 0..BURST {
            machinery.send_one(view(1 + burst * BURST + number));
        }
        let due = began + SENDING * u32::try_from(burst)? / bursts;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let stalled = (memory("VmRSS")?, machinery.depth());
    drop(lock);
    let released = Instant::now();
    let sent = i64::try_from(VIEWS / BURST * BURST + 1)?;
    while machinery.accounted()? < sent {
        if released.elapsed() > PATIENCE {
            bail!("{} of {sent} are in the database", machinery.accounted()?);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let took = released.elapsed();
    let after = memory("VmRSS")?;
    // As the server's maintenance does.
    let (mut free, end) = (FreeMemory::from_now(), Instant::now() + LATER);
    while Instant::now() < end {
        free.tick();
        std::thread::sleep(Duration::from_millis(500));
    }
    let later = memory("VmRSS")?;
    println!(
        "{name}: {start} MB at the start, {} with all sent ({} entries in the overflow), {} at the peak, {after} once all \
         were counted ({:.1} s), {later} a minute later; {} viewers, {} dropped",
        stalled.0,
        stalled.1,
        memory("VmHWM")?,
        took.as_secs_f64(),
        bed.number("SELECT count(*) AS number FROM viewings")?,
        bed.number("SELECT coalesce(sum(count), 0) AS number FROM ledger")?,
    );
    machinery.finish(usize::try_from(sent)?)?;
    Ok(())
}

fn view(number: usize) -> ViewEvent {
    let scattered = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 1;
    ViewEvent {
        post: (number % POSTS) as i64 + 1,
        at: TimestampMs(NOON + (number / 1000) as i64),
        viewer: Some(Viewer::Anonymous(-1 - scattered.cast_signed())),
        uncounted: None,
    }
}

/// A line of `/proc/self/status`, in MB.
fn memory(name: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kib.context("no such line")?.parse::<u64>()? * 1024 / 1_000_000)
}

/// Makes the present memory the peak.
fn reset_peak() -> Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("cannot reset the peak")
}
