//! The flags of `top`.

use std::time::Duration;

use clap::Args;

use super::values::{duration, period};
use crate::model::Period;

/// Flags of `top`.
#[derive(Debug, Args)]
pub struct TopFlags {
    /// How far back to count: 24h, 7d, 30d, 1y or all
    #[arg(long, default_value = "all", value_name = "PERIOD", value_parser = period)]
    pub period: Period,
    /// How many posts
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// Show it anew every 2 seconds, or as often as said, until Ctrl-C
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "2s", value_parser = duration)]
    pub watch: Option<Duration>,
    /// As JSON, one object a line
    #[arg(long)]
    pub json: bool,
}
