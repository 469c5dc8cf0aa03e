//! Where and when something was measured: without it a figure says nothing.

use std::fs;
use std::thread::available_parallelism;

use serde_json::{Value, json};

/// Date, processor, cores, kernel.
pub struct Machine {
    /// RFC 3339, UTC, whole seconds.
    pub date: String,
    pub cpu: String,
    pub cores: usize,
    pub kernel: String,
}

impl Machine {
    pub fn here() -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpus
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            date: jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%SZ")
                .to_string(),
            cpu: model
                .map_or("unknown processor", |text| {
                    text.trim_start_matches([' ', '\t', ':'])
                })
                .to_owned(),
            cores: available_parallelism().map_or(1, usize::from),
            kernel: kernel.trim().to_owned(),
        }
    }

    /// One line for a heading or a chart.
    pub fn line(&self) -> String {
        let day = self.date.get(..10).unwrap_or(&self.date);
        format!(
            "{day}, {}, {} cores, Linux {}",
            self.cpu, self.cores, self.kernel
        )
    }

    pub fn to_json(&self) -> Value {
        json!({"date": self.date, "cpu": self.cpu, "cores": self.cores, "kernel": self.kernel})
    }
}
