//! The flags of `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Flags of `export`.
#[derive(Debug, Args)]
pub struct ExportFlags {
    /// jsonl: everything, for `import export`; csv: each post's numbers
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    pub format: ExportFormat,
    /// Where to; standard output without it
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object a line.
    Jsonl,
    /// A table of numbers.
    Csv,
}
