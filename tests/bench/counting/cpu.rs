//! CPU time, as the kernel counts it.

use std::time::Duration;

use anyhow::{Context, Result};

/// The fields of proc(5)'s stat that this asks for, numbered from the one behind the name, which is 0.
const OWN: [usize; 2] = [11, 12];
#[cfg(feature = "postgres")]
const PARENT: usize = 1;
/// Of children that have ended.
#[cfg(feature = "postgres")]
const CHILDREN: [usize; 2] = [13, 14];

/// User and system time of this process so far.
pub fn cpu_time() -> Result<Duration> {
    Ok(ticks(
        fields("self").context("cannot read what the kernel knows of this process")?,
        &OWN,
    ))
}

/// That of another process and its children so far: of those, too, that are just ending, of which the kernel tells for a
/// moment neither in their own line nor in their parent's.
#[cfg(feature = "postgres")]
pub fn cpu_time_of_family(parent: u32) -> Result<Duration> {
    let mut last = cpu_time_now(parent)?;
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(50));
        let now = cpu_time_now(parent)?;
        if now == last {
            break;
        }
        last = now;
    }
    Ok(last)
}

#[cfg(feature = "postgres")]
fn cpu_time_now(parent: u32) -> Result<Duration> {
    let of_parent = fields(&parent.to_string()).context("the process has ended")?;
    let mut sum = ticks(of_parent, &[OWN, CHILDREN].concat());
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let name = entry.file_name();
        let Some(fields) = name.to_str().and_then(fields) else {
            continue;
        };
        if fields.get(PARENT) == Some(&u64::from(parent)) {
            sum += ticks(fields, &OWN);
        }
    }
    Ok(sum)
}

fn fields(process: &str) -> Option<Vec<u64>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    // The first is a letter, and some are negative.
    Some(
        after_name
            .split_whitespace()
            .map(|word| word.parse().unwrap_or(0))
            .collect(),
    )
}

fn ticks(fields: Vec<u64>, which: &[usize]) -> Duration {
    let ticks: u64 = which.iter().filter_map(|&field| fields.get(field)).sum();
    // Of 10 ms on every Linux there is, for programs to see.
    Duration::from_millis(ticks * 10)
}
