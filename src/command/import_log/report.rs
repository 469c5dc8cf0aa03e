//! What an import of logs came to.

use std::fmt;

use crate::model::{Reason, Uncounted};
use crate::sink::BatchResult;

/// What happened to the lines.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) logs: u64,
    pub(super) known: u64,
    pub(super) failed: u64,
    pub(super) created: u64,
    pub(super) lines: u64,
    pub(super) other_requests: u64,
    pub(super) other_paths: u64,
    pub(super) no_post: u64,
    /// Reads of assets that are no posts.
    pub(super) assets: u64,
    pub(super) unparsable: u64,
    pub(super) views: u64,
    pub(super) uncounted: Uncounted,
}

impl Report {
    pub(super) fn applied(&mut self, applied: &BatchResult) {
        self.views += applied.counted;
        for reason in Reason::ALL {
            self.uncounted.add(reason, applied.uncounted.get(reason));
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Uncounted {
            duplicate,
            bot,
            dropped,
            ..
        } = self.uncounted;
        write!(
            f,
            "counted: {} views, {bot} bot, {duplicate} duplicate of {} lines; \
             not views: {} other requests, {} other paths, {} no such post, {} assets, {} unparsable; ",
            self.views,
            self.lines,
            self.other_requests,
            self.other_paths,
            self.no_post,
            self.assets,
            self.unparsable
        )?;
        if dropped > 0 {
            write!(f, "{dropped} of posts deleted meanwhile; ")?;
        }
        write!(
            f,
            "posts: {} new; logs: {} counted, {} imported before, {} failed",
            self.created, self.logs, self.known, self.failed
        )
    }
}
