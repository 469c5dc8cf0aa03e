//! The flags of `top`.

use clap::Args;

use super::values::period;
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
    /// As JSON, one object
    #[arg(long)]
    pub json: bool,
}
