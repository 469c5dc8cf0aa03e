//! One measurement: start, warm up, drive, wait for the count, compare it with what was answered, stop.

use std::fmt;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::balance::Balance;
use crate::case::Case;
use crate::contender::{Ready, Running};
use crate::load::{self, Load};
use crate::proc::Usage;
use crate::stats::figure;
use crate::workshop::Workshop;

/// Requests of the pass that judges losses to the last one: about a second's worth, within these.
const EXACT_REQUESTS: std::ops::RangeInclusive<f64> = 100.0..=2000.0;
const WARM_UP_SECONDS: u64 = 1;

/// What one contender showed once in one case.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub load: Load,
    /// CPU time of the contender per answered request, from the first request until the count stood still.
    pub cpu_us: f64,
    pub peak_bytes: u64,
    /// Views answered but not counted, of `answered`; `None` when the contender does not count.
    pub lost: Option<u64>,
    /// Requests answered in all passes that were compared with the count.
    pub answered: u64,
}

/// The figures a sample has, by the name they carry in tables and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    Rate,
    Cpu,
    P50,
    P99,
    P999,
    Peak,
    Lost,
    Errors,
}

impl Metric {
    pub const ALL: [Self; 8] = [
        Self::Rate,
        Self::Cpu,
        Self::P50,
        Self::P99,
        Self::P999,
        Self::Peak,
        Self::Lost,
        Self::Errors,
    ];

    /// Name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rate => "requests_per_second",
            Self::Cpu => "cpu_us_per_request",
            Self::P50 => "p50_us",
            Self::P99 => "p99_us",
            Self::P999 => "p999_us",
            Self::Peak => "peak_memory_bytes",
            Self::Lost => "views_lost",
            Self::Errors => "errors",
        }
    }

    pub fn of(self, sample: &Sample) -> Option<f64> {
        match self {
            Self::Rate => Some(sample.load.answered as f64 / sample.load.seconds),
            Self::Cpu => Some(sample.cpu_us),
            Self::P50 => Some(sample.load.p50_us),
            Self::P99 => Some(sample.load.p99_us),
            Self::P999 => Some(sample.load.p999_us),
            Self::Peak => Some(sample.peak_bytes as f64),
            Self::Lost => sample.lost.map(|lost| lost as f64),
            Self::Errors => Some(sample.load.errors as f64),
        }
    }
}

impl Sample {
    pub fn to_json(self) -> Value {
        let mut object = json!({"answered": self.answered, "seconds": self.load.seconds});
        for metric in Metric::ALL {
            object[metric.name()] = json!(metric.of(&self));
        }
        object
    }
}

/// In a few words.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |metric: Metric| metric.of(self).map_or_else(|| "–".to_owned(), figure);
        let (rate, cpu, p99) = (show(Metric::Rate), show(Metric::Cpu), show(Metric::P99));
        let (lost, errors) = (show(Metric::Lost), show(Metric::Errors));
        write!(
            f,
            "{rate}/s, {cpu} CPU µs, p99 {p99} µs, lost {lost}, errors {errors}"
        )
    }
}

/// Starts a contender and measures it once.
pub fn measure(ready: &Ready, case: &Case, seconds: u64, workshop: &Workshop) -> Result<Sample> {
    let running = ready.start(case, workshop)?;
    drive(&running, case, ready.contender.query, seconds)
}

/// Measures a contender that runs already.
pub fn drive(running: &Running, case: &Case, query: &str, seconds: u64) -> Result<Sample> {
    let dir = running.dir.path();
    load::drive(case, running.port, query, WARM_UP_SECONDS, dir).context("cannot warm up")?;
    let base = running.settled()?;
    let before = running.server.usage()?;
    let load = load::drive(case, running.port, query, seconds, dir)?;
    if load.answered == 0 {
        bail!("no request was answered 200, {} failed", load.errors);
    }
    let between = running.settled()?;
    let after = running.server.usage()?;
    let requests =
        (load.answered as f64 / load.seconds).clamp(*EXACT_REQUESTS.start(), *EXACT_REQUESTS.end());
    let exact = load::exact(case, running.port, query, requests as usize)
        .context("cannot send the exact requests")?;
    let end = running.settled()?;

    let lost = match (base, between, end) {
        (Some(base), Some(between), Some(end)) => {
            let timed = Balance {
                before: base,
                after: between,
                answered: load.answered,
                unread: load.unread(case),
            };
            let finished = Balance {
                before: between,
                after: end,
                answered: exact,
                unread: 0,
            };
            Some(timed.lost()? + finished.lost()?)
        }
        _ => None,
    };
    Ok(Sample {
        load,
        cpu_us: cpu_us(before, after) / (load.answered.max(1) as f64),
        peak_bytes: after.peak_bytes,
        lost,
        answered: load.answered + exact,
    })
}

fn cpu_us(before: Usage, after: Usage) -> f64 {
    after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6
}
