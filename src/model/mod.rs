//! Values only: what a post, a view and a batch are. No input or output, no clock, no channel, so that
//! merging, ordering and overflow are plain functions with plain tests.

pub mod batch;
pub mod difference;
pub mod list;
pub mod post;
pub mod record;
pub mod series;
pub mod slug;
pub mod tags;
pub mod time;
pub mod view;
pub mod viewing;

pub use batch::{Batch, Entry, LedgerEntry, Visit, Visits};
pub use difference::Inconsistency;
pub use list::{Cursor, ListQuery, Page, Period, Rank, Sort};
pub use post::{Post, PostContent, PostId, PostKey, PostSummary, Revision};
pub use record::{EXPORT_VERSION, NumbersRow, PostRecord, Record};
pub use series::{Bucket, By};
pub use time::TimestampMs;
pub use view::{
    DrainRecord, MAX_VIEWER_NAME, Outcome, PostStats, Reason, Uncounted, ViewEvent, Viewer,
};
pub use viewing::{ViewedPost, Viewing, ViewingKey};
