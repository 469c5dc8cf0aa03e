//! The commands a user types.

mod check;
mod dispatch;
mod export;
mod import_counts;
mod import_export;
mod import_log;
mod import_posts;
mod journal_note;
mod logging;
mod output;
mod retry;
mod serve;
mod status;
mod top;

pub use dispatch::run;
pub use status::Status;
