//! What was counted against what was answered: no view too few is overlooked, and none too many.

use anyhow::{Result, bail};

/// Two looks at a contender's count, and what it was asked in between.
#[derive(Clone, Copy, Debug)]
pub struct Balance {
    pub before: u64,
    pub after: u64,
    /// Answers with status 200 that the load has read.
    pub answered: u64,
    /// Requests whose answer the load did not read: they may have been counted or not.
    pub unread: u64,
}

impl Balance {
    /// Views answered but not counted. More views than requests are an error: then the count means nothing.
    pub fn lost(self) -> Result<u64> {
        let Self {
            before,
            after,
            answered,
            unread,
        } = self;
        if after < before {
            bail!("the count fell from {before} to {after}");
        }
        let counted = after - before;
        if counted > answered + unread {
            bail!(
                "{counted} views were counted for {answered} answers and at most {unread} unread ones"
            );
        }
        // Beyond the answers lie only unread requests.
        Ok(answered - counted.min(answered))
    }
}
