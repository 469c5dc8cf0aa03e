//! The records of an export: one a line, each with its type. Times are milliseconds UTC, as in the store, so that an
//! import reads exactly what was written.
//!
//! Not exported: the salts of anonymous viewers, which must be deleted after their day. The key for readers in access logs
//! is: without it, a log that goes on in the new store would count every reader again.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::correction::CorrectionId;
use super::post::{PostId, Revision};

/// The version of the format that this program writes.
pub const EXPORT_VERSION: u32 = 6;
/// The oldest version of the format that this program reads. Version 1 has no windows and no log key, version 2 no shares of
/// imported logs, version 3 no deleted posts, version 4 no hours taken out, version 5 no
/// addresses and referrers.
pub const OLDEST_EXPORT_VERSION: u32 = 1;

/// The largest number that a row may hold: larger ones are not read exactly by every reader of JSON (RFC 8259, section 6).
pub const MAX_STORED: i64 = (1 << 53) - 1;

/// One line of an export. Fields are the columns of the table that each variant names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Record {
    /// The first line.
    Viewtally { version: u32 },
    /// The last id of each kind, since ids are never reused.
    Numbers {
        posts: i64,
        viewers: i64,
        corrections: i64,
        logs: i64,
    },
    /// Tables `posts` and `counts`.
    Post(Box<PostRecord>),
    /// Table `deleted_posts`.
    Deleted { post: PostId, at: i64, slug: String },
    /// Table `hourly_views`; post 0 is the whole site.
    Hour { post: PostId, hour: i64, views: i64 },
    /// Table `ledger`; post 0 is none.
    Uncounted {
        post: PostId,
        day: i64,
        reason: String,
        count: i64,
    },
    /// Table `corrections`.
    Correction {
        id: i64,
        post: PostId,
        at: i64,
        views: i64,
        viewers: i64,
        reason: String,
        /// Of versions without it, and of numbers that were set, none; as the next three.
        #[serde(default, skip_serializing_if = "is_zero")]
        hour_views: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_hour: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_hour: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        takes_back: Option<CorrectionId>,
    },
    /// Table `removed_hours`.
    RemovedHour {
        post: PostId,
        correction: CorrectionId,
        hour: i64,
        views: i64,
    },
    /// Table `referrers`; post 0 is the whole site.
    Referrer {
        post: PostId,
        day: i64,
        host: String,
        views: i64,
    },
    /// Table `viewers`.
    Viewer { id: i64, name: String },
    /// Table `viewings`.
    Viewing {
        post: PostId,
        viewer: i64,
        first: i64,
        last: i64,
        views: i64,
        /// Of versions before the windows; 0 since.
        counted_at: i64,
    },
    /// Table `counted_windows`.
    Window {
        post: PostId,
        viewer: i64,
        start: i64,
    },
    /// The secret by which readers in access logs are hashed, 32 hexadecimal digits.
    LogKey { key: String },
    /// Table `applied_spills`.
    Spill { id: String, applied_at: i64 },
    /// Table `imported_logs`.
    Log {
        id: i64,
        head: String,
        bytes: i64,
        hash: String,
        at: i64,
        /// Of versions without it, that the import cannot be taken back.
        #[serde(default)]
        undo: i64,
    },
    /// Table `log_hours`.
    LogHour {
        log: i64,
        post: PostId,
        hour: i64,
        views: i64,
    },
    /// Table `removed_log_hours`.
    RemovedLogHour {
        log: i64,
        post: PostId,
        correction: CorrectionId,
        hour: i64,
        views: i64,
    },
    /// Table `log_ledger`.
    LogUncounted {
        log: i64,
        post: PostId,
        day: i64,
        reason: String,
        count: i64,
    },
    /// Table `log_viewings`.
    LogViewing {
        post: PostId,
        viewer: i64,
        log: i64,
        first: i64,
        last: i64,
        views: i64,
    },
    /// Table `log_windows`.
    LogWindow {
        post: PostId,
        viewer: i64,
        start: i64,
        log: i64,
        batch: i64,
        at: i64,
        counted: i64,
    },
    /// Table `log_past_viewers`.
    LogPastViewers {
        log: i64,
        post: PostId,
        viewers: i64,
    },
    /// Table `log_posts`.
    LogPost { log: i64, post: PostId },
    /// Table `drains`.
    #[serde(rename = "drain")]
    Stop {
        at: i64,
        took: i64,
        written: i64,
        unwritten: i64,
    },
    /// The last line: how many lines precede it. An export without it is incomplete.
    End { lines: u64 },
}

/// A post with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostRecord {
    pub id: PostId,
    pub slug: String,
    pub title: String,
    pub summary: String,
    pub body: String,
    pub tags: Vec<String>,
    pub published_at: i64,
    pub updated_at: i64,
    pub revision: Revision,
    pub source: Option<String>,
    pub source_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    pub views: i64,
    pub viewers: i64,
    pub past_viewers: i64,
    #[serde(deserialize_with = "finite")]
    pub trend: f64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Reads a number that is one: JSON has `null` for what is infinite.
fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Option::deserialize(deserializer)?.ok_or_else(|| {
        D::Error::custom(
            "trend is null, for it was infinite where this was exported; try viewtally check --repair there, and export again",
        )
    })
}

/// A row of the table of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NumbersRow {
    pub post: PostId,
    pub slug: String,
    pub views: i64,
    pub viewers: i64,
    pub duplicate: i64,
    pub bot: i64,
    pub prefetch: i64,
    pub excluded: i64,
    pub dropped: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_an_export_before_shares_cannot_be_taken_back() {
        let line = r#"{"type":"log","id":1,"head":"h","bytes":9,"hash":"x","at":5}"#;
        let record: Record = serde_json::from_str(line).unwrap();
        assert!(matches!(record, Record::Log { undo: 0, .. }), "{record:?}");
    }
}
