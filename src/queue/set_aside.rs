//! Messages that were set aside, tried again.

use super::message::{self, VERSION};
use crate::sink::{Delivered, QueueStore, SinkError};

/// Messages that are looked at in one step.
const STEP: usize = 100;

/// Why a message that was set aside is still there.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// There is none of that number, or it was too long to be kept.
    #[error("there is no message {0} that can be tried again")]
    Missing(i64),
    /// It is as it was.
    #[error("message {id} cannot be applied: {why}")]
    Rejected {
        /// Its number.
        id: i64,
        /// What is wrong with it.
        why: String,
    },
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] SinkError),
}

/// Applies a message that was set aside, if it can be by now, and forgets it. Somebody decided so: it may be as long and as
/// old as it likes.
///
/// # Errors
/// Why it is still there.
pub fn retry(store: &dyn QueueStore, database: i64, id: i64) -> Result<Delivered, RetryError> {
    let bytes = store.set_aside_bytes(id)?.ok_or(RetryError::Missing(id))?;
    let rejected = |why: String| RetryError::Rejected { id, why };
    let queued =
        message::decode(&bytes, database).map_err(|rejection| rejected(rejection.to_string()))?;
    match store.apply_set_aside(id, &queued) {
        Err(SinkError::Refused(why)) => Err(rejected(why)),
        result => Ok(result?),
    }
}

/// Applies those that an earlier version did not know, and this one does. Returns how many.
///
/// # Errors
/// Those of the store; then the rest is there for the next time.
pub(super) fn retry_known(store: &dyn QueueStore, database: i64) -> Result<u64, SinkError> {
    let (mut after, mut applied) = (0, 0);
    loop {
        let messages = store.set_aside(after, STEP)?;
        let Some(last) = messages.last() else {
            return Ok(applied);
        };
        after = last.id;
        for message in messages {
            let is_known = message
                .version
                .is_some_and(|version| version <= u32::from(VERSION));
            if !is_known || !message.is_kept {
                continue;
            }
            match retry(store, database, message.id) {
                Ok(_) => applied += 1,
                Err(RetryError::Store(error)) => return Err(error),
                Err(error) => tracing::warn!("{error}"),
            }
        }
    }
}
