//! Viewers: who saw what.

use super::super::error::StoreError;
use crate::model::{Cursor, Page, PostId, TimestampMs, ViewedPost, Viewing, ViewingKey};

/// Viewers and what they viewed.
pub trait ViewerStore: Send + Sync {
    /// The viewers of a post, latest first.
    ///
    /// # Errors
    /// Those of every method.
    fn viewers_of(
        &self,
        post: PostId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Viewing>, StoreError>;

    /// Whether and when a viewer saw a post.
    ///
    /// # Errors
    /// Those of every method.
    fn viewing(&self, post: PostId, viewer: ViewingKey<'_>) -> Result<Option<Viewing>, StoreError>;

    /// The posts that a named viewer saw, latest first; `None` if no viewer of that name is known.
    ///
    /// # Errors
    /// Those of every method.
    fn seen_by(
        &self,
        name: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Option<Page<ViewedPost>>, StoreError>;

    /// Deletes a named viewer. The posts keep their numbers. Returns whether there was one. Events of that name up to the
    /// time that `now` gives, which is asked for once nothing can come in between, are of nobody when they are applied:
    /// they count without a viewer, or are dropped where a window decides about repeats.
    ///
    /// # Errors
    /// Those of every method.
    fn forget_viewer(&self, name: &str, now: &dyn Fn() -> TimestampMs) -> Result<bool, StoreError>;
}
