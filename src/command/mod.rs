//! The commands a user types.

mod backup;
mod check;
mod dispatch;
mod export;
mod greeting;
mod import_counts;
mod import_export;
mod import_log;
mod import_numbers;
mod import_posts;
mod logging;
mod manual;
mod output;
mod partial_file;
mod pending_note;
mod retry;
mod serve;
mod service_manager;
mod set_aside;
mod status;
mod top;

pub use dispatch::run;
pub use status::Status;
