//! What was measured: each case with a figure from each round, as tables and as JSON.

use serde_json::{Value, json};

use crate::markdown::markdown;
use crate::stats::{Spread, figure};

/// A figure a case has in every round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Events committed per second.
    Rate,
    /// Seconds until everything pending was committed.
    DrainRecord,
    /// The part of it spent in commits.
    InCommits,
    /// Seconds; half of the commits took no longer.
    CommitP50,
    /// Seconds; of a hundred commits, ninety-nine took no longer.
    CommitP99,
    /// Events in a commit, on average.
    BatchEvents,
    /// Seconds of CPU time of the whole process, senders included, per event.
    Cpu,
    /// Seconds of CPU time of the database server, per event.
    ServerCpu,
}

impl Metric {
    const ALL: [Self; 8] = [
        Self::Rate,
        Self::DrainRecord,
        Self::InCommits,
        Self::CommitP50,
        Self::CommitP99,
        Self::BatchEvents,
        Self::Cpu,
        Self::ServerCpu,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Rate => "events_per_second",
            Self::DrainRecord => "drain_seconds",
            Self::InCommits => "in_commits_seconds",
            Self::CommitP50 => "commit_p50_seconds",
            Self::CommitP99 => "commit_p99_seconds",
            Self::BatchEvents => "events_per_commit",
            Self::Cpu => "cpu_seconds_per_event",
            Self::ServerCpu => "server_cpu_seconds_per_event",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Rate => "events/s",
            Self::DrainRecord => "drain ms",
            Self::InCommits => "in commits ms",
            Self::CommitP50 => "commit p50 ms",
            Self::CommitP99 => "commit p99 ms",
            Self::BatchEvents => "events/commit",
            Self::Cpu => "CPU µs/event",
            Self::ServerCpu => "server's CPU µs/event",
        }
    }

    /// What a table shows it in.
    fn unit(self) -> f64 {
        match self {
            Self::Rate | Self::BatchEvents => 1.0,
            Self::DrainRecord | Self::InCommits | Self::CommitP50 | Self::CommitP99 => 1e-3,
            Self::Cpu | Self::ServerCpu => 1e-6,
        }
    }
}

struct Sample {
    group: &'static str,
    case: String,
    metric: Metric,
    value: f64,
}

/// Everything measured, in the order it was measured.
#[derive(Default)]
pub struct Figures(Vec<Sample>);

impl Figures {
    /// Keeps one figure of one round.
    pub fn note(&mut self, group: &'static str, case: &str, metric: Metric, value: f64) {
        self.0.push(Sample {
            group,
            case: case.to_owned(),
            metric,
            value,
        });
    }

    fn spread(&self, group: &str, case: &str, metric: Metric) -> Option<Spread> {
        let samples = self.0.iter();
        Spread::of(
            samples
                .filter(|s| (s.group, s.case.as_str(), s.metric) == (group, case, metric))
                .map(|s| s.value),
        )
    }

    fn groups(&self) -> Vec<&'static str> {
        each_once(self.0.iter().map(|sample| sample.group))
    }

    fn cases(&self, group: &str) -> Vec<&str> {
        let of_group = self.0.iter().filter(|sample| sample.group == group);
        each_once(of_group.map(|sample| sample.case.as_str()))
    }

    /// A Markdown table for each group.
    pub fn tables(&self) -> String {
        let mut text = String::new();
        for group in self.groups() {
            let metrics: Vec<Metric> = Metric::ALL
                .into_iter()
                .filter(|&m| self.0.iter().any(|s| s.group == group && s.metric == m))
                .collect();
            let head: Vec<&str> = std::iter::once("case")
                .chain(metrics.iter().map(|metric| metric.title()))
                .collect();
            let rows = self.cases(group).into_iter().map(|case| {
                let cells = metrics.iter().map(|&metric| {
                    self.spread(group, case, metric).map_or_else(
                        || "–".to_owned(),
                        |spread| spread.in_units(metric.unit()).to_string(),
                    )
                });
                std::iter::once(case.to_owned()).chain(cells).collect()
            });
            text.push_str(&format!(
                "### {group}\n\n{}\n",
                markdown(&head, rows.collect())
            ));
        }
        text
    }

    pub fn to_json(&self) -> Value {
        let mut cases = Vec::new();
        for group in self.groups() {
            for case in self.cases(group) {
                let mut entry = json!({"group": group, "case": case});
                for metric in Metric::ALL {
                    if let Some(spread) = self.spread(group, case, metric) {
                        entry[metric.name()] = spread.to_json();
                    }
                }
                cases.push(entry);
            }
        }
        json!({ "cases": cases })
    }

    /// The last figure noted, for a line of progress.
    pub fn last(&self) -> Option<String> {
        let sample = self.0.last()?;
        let of_case = self.0.iter().rev().take_while(|s| s.case == sample.case);
        let mut parts: Vec<String> = of_case
            .map(|s| format!("{} {}", figure(s.value / s.metric.unit()), s.metric.title()))
            .collect();
        parts.truncate(Metric::ALL.len());
        parts.reverse();
        Some(format!("{}: {}", sample.case, parts.join(", ")))
    }
}

fn each_once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}
