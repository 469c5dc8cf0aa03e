//! The command line: raw flags, each also an environment variable. [`config`](crate::config) validates them.

mod backup;
mod command_line;
mod export;
mod import;
mod parse;
mod serve;
mod set_aside;
mod top;
mod values;
mod version;

pub use backup::BackupFlags;
pub use command_line::{Cli, Command};
pub use export::{ExportFlags, ExportFormat};
pub use import::{CountsFlags, ImportCommand, LogFlags, NumbersFlags};
pub use serve::{LogFormat, Role, ServeFlags};
pub use set_aside::SetAsideFlags;
pub use top::TopFlags;
