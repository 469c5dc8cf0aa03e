//! The flags of `set-aside`.

use clap::Args;

/// Flags of `set-aside`.
#[derive(Clone, Debug, Args)]
pub struct SetAsideFlags {
    /// Count these now; a message that still cannot be counted stays
    #[arg(
        long,
        value_name = "ID,…",
        value_delimiter = ',',
        conflicts_with = "drop"
    )]
    pub retry: Vec<i64>,
    /// Drop these: what they hold is never counted
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub drop: Vec<i64>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}
