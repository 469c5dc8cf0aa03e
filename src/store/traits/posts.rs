//! Posts: read, listed and edited.

use std::ops::Range;

use super::super::error::StoreError;
use crate::model::{
    Cursor, DeletedPost, ListQuery, Neighbours, NewPage, Page, PageAddress, PagePost, Post,
    PostAddress, PostContent, PostId, PostKey, PostSummary, Revision, TimestampMs,
};

/// Posts and their lists.
pub trait PostStore: Send + Sync {
    /// A post, or `None` if there is none of that key.
    ///
    /// # Errors
    /// Those of every method.
    fn post(&self, key: PostKey<'_>) -> Result<Option<Post>, StoreError>;

    /// One page of posts, without bodies. A page of a filtered list may be shorter than asked for, even empty, and still
    /// have a next one: so many posts were looked at and did not pass.
    ///
    /// # Errors
    /// Those of every method.
    fn list(&self, query: &ListQuery) -> Result<Page<PostSummary>, StoreError>;

    /// The posts of `posts` that exist and pass the filters of `query`, in no particular order.
    ///
    /// # Errors
    /// Those of every method.
    fn summaries(
        &self,
        posts: &[PostId],
        query: &ListQuery,
    ) -> Result<Vec<PostSummary>, StoreError>;

    /// The posts that pass the filters of `query`, and perhaps some more, in no particular order; `None` where they are
    /// too many to tell at once, or it has no filter.
    ///
    /// # Errors
    /// Those of every method.
    fn few(&self, query: &ListQuery) -> Result<Option<Vec<PostId>>, StoreError>;

    /// The posts published just before and just after a post, which is given by its publication time and id.
    ///
    /// # Errors
    /// Those of every method.
    fn neighbours(&self, of: Cursor) -> Result<Neighbours, StoreError>;

    /// The lowest id of a post that is at least `from`.
    ///
    /// # Errors
    /// Those of every method.
    fn first_id(&self, from: PostId) -> Result<Option<PostId>, StoreError>;

    /// The addresses of the posts with these ids, in their order. Reads as many rows as there are ids.
    ///
    /// # Errors
    /// Those of every method.
    fn addresses(&self, ids: Range<PostId>) -> Result<Vec<PostAddress>, StoreError>;

    /// The post of a page: by its address, or by its slug where that post has no address yet. `None` also where it is deleted.
    ///
    /// # Errors
    /// Those of every method.
    fn find_page(&self, page: &PageAddress) -> Result<Option<PostId>, StoreError>;

    /// The post of a page, as [`PostStore::find_page`] finds it. It gets the address where it had none, and is made where there
    /// is none. The caller invalidates the cached post.
    ///
    /// # Errors
    /// Those of every method.
    fn make_page(&self, new: &NewPage<'_>) -> Result<PagePost, StoreError>;

    /// The hosts on which posts have their pages.
    ///
    /// # Errors
    /// Those of every method.
    fn hosts(&self) -> Result<Vec<String>, StoreError>;

    /// Adds a post.
    ///
    /// # Errors
    /// [`StoreError::SlugTaken`].
    fn create(&self, content: &PostContent) -> Result<Post, StoreError>;

    /// Replaces a post's content. Its id and its counts stay.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPost`], [`StoreError::SlugTaken`], and [`StoreError::Changed`] when `expected` is given
    /// and does not hold the post's revision.
    fn update(
        &self,
        id: PostId,
        content: &PostContent,
        expected: Option<&[Revision]>,
    ) -> Result<Post, StoreError>;

    /// Removes a post with its counts, its hourly views, its viewings and its ledger, for good.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPost`]; [`StoreError::Changed`] as for [`PostStore::update`].
    fn delete(&self, id: PostId, expected: Option<&[Revision]>) -> Result<(), StoreError>;

    /// Deletes a post so that it can be brought back: nothing finds it any more, and its slug is free. Views that are on
    /// their way still count for it, and the site's numbers keep its own, until it goes for good; see
    /// [`MaintenanceStore::purge_deleted`](super::MaintenanceStore::purge_deleted).
    ///
    /// # Errors
    /// As [`PostStore::delete`].
    fn soft_delete(
        &self,
        id: PostId,
        expected: Option<&[Revision]>,
        at: TimestampMs,
    ) -> Result<(), StoreError>;

    /// Brings back what [`PostStore::soft_delete`] deleted, with its id, its views and its history; under a slug with a
    /// number where another post has its own by now.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPost`] where it is not deleted, or gone for good.
    fn undelete(&self, id: PostId) -> Result<Post, StoreError>;

    /// A deleted post that can be brought back.
    ///
    /// # Errors
    /// Those of every method.
    fn deleted_post(&self, id: PostId) -> Result<Option<DeletedPost>, StoreError>;

    /// The posts deleted last that can be brought back, latest first.
    ///
    /// # Errors
    /// Those of every method.
    fn deleted_posts(&self, limit: usize) -> Result<Vec<DeletedPost>, StoreError>;
}
