//! Viewers.

use super::super::backend::DbStore;
use super::super::{viewer_removal, viewings};
use crate::model::{Cursor, Page, PostId, TimestampMs, ViewedPost, Viewing, ViewingKey};
use crate::store::error::StoreError;
use crate::store::traits::ViewerStore;

impl ViewerStore for DbStore {
    fn viewers_of(
        &self,
        post: PostId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Viewing>, StoreError> {
        self.read(|connection| viewings::of_post(connection, post, after, limit))
    }

    fn viewing(&self, post: PostId, viewer: ViewingKey<'_>) -> Result<Option<Viewing>, StoreError> {
        self.read(|connection| viewings::one(connection, post, viewer))
    }

    fn seen_by(
        &self,
        name: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Option<Page<ViewedPost>>, StoreError> {
        self.read(|connection| viewings::by_viewer(connection, name, after, limit))
    }

    fn forget_viewer(&self, name: &str, now: &dyn Fn() -> TimestampMs) -> Result<bool, StoreError> {
        self.transact(|connection| viewer_removal::delete_viewer(connection, name, now))
    }
}
