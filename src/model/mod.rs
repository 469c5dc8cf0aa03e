//! Values only: what a post, a view and a batch are. No input or output, no clock, no channel, so that merging,
//! ordering and overflow are plain functions with plain tests.

pub mod address;
mod batch;
mod batch_format;
mod dedup_window;
mod drain_record;
mod hourly_views;
mod inconsistency;
mod journaled;
mod ledger_entry;
mod list_query;
mod name_table;
mod outcome;
mod page;
mod period;
mod position_index;
mod positions;
mod post;
mod post_stats;
mod rank;
mod reason;
mod record;
mod record_check;
pub mod series;
pub mod slug;
mod sort;
pub mod tags;
pub mod time;
mod uncounted;
mod view_event;
mod viewer;
mod viewing;
mod visit;
mod visit_set;

pub use batch::Batch;
pub use dedup_window::DedupWindow;
pub use drain_record::DrainRecord;
pub use hourly_views::HourlyViews;
pub use inconsistency::{Checked, Inconsistency};
pub use journaled::{JournalPart, Journaled};
pub use ledger_entry::LedgerEntry;
pub use list_query::ListQuery;
pub use outcome::Outcome;
pub use page::{Cursor, Page};
pub use period::Period;
pub use positions::{Positions, RunId};
pub use post::{Post, PostContent, PostId, PostKey, PostSummary, Revision};
pub use post_stats::PostStats;
pub use rank::Rank;
pub use reason::Reason;
pub use record::{
    EXPORT_VERSION, MAX_STORED, NumbersRow, OLDEST_EXPORT_VERSION, PostRecord, Record,
};
pub use series::{Bucket, By};
pub use sort::Sort;
pub use time::TimestampMs;
pub use uncounted::Uncounted;
pub use view_event::ViewEvent;
pub use viewer::{MAX_VIEWER_NAME, Viewer};
pub use viewing::{ViewedPost, Viewing, ViewingKey};
pub use visit::{ViewerVisit, Visit};
pub use visit_set::SortedVisits;
