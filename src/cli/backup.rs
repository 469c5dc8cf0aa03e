//! The flags of `backup`.

use std::path::PathBuf;

use clap::Args;

/// Flags of `backup`.
#[derive(Debug, Args)]
pub struct BackupFlags {
    /// Where to write the copy; a file that exists is not overwritten
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
