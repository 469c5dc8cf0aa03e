//! Posts.

use std::ops::Range;

use super::super::backend::DbStore;
use super::super::{
    addresses, deleted_posts, neighbours, page_posts, post_filter, post_list, posts,
};
use crate::model::{
    Cursor, DeletedPost, ListQuery, Neighbours, NewPage, Page, PageAddress, PagePost, Post,
    PostAddress, PostContent, PostId, PostKey, PostSummary, Revision, TimestampMs,
};
use crate::store::error::StoreError;
use crate::store::traits::PostStore;

impl PostStore for DbStore {
    fn post(&self, key: PostKey<'_>) -> Result<Option<Post>, StoreError> {
        self.read(|connection| posts::find(connection, key))
    }

    fn list(&self, query: &ListQuery) -> Result<Page<PostSummary>, StoreError> {
        self.read_snapshot(|connection| post_list::page(connection, query))
    }

    fn few(&self, query: &ListQuery) -> Result<Option<Vec<PostId>>, StoreError> {
        self.read_snapshot(|connection| post_filter::few(connection, query))
    }

    fn summaries(
        &self,
        posts: &[PostId],
        query: &ListQuery,
    ) -> Result<Vec<PostSummary>, StoreError> {
        self.read(|connection| post_list::summaries(connection, posts, query))
    }

    fn neighbours(&self, of: Cursor) -> Result<Neighbours, StoreError> {
        self.read_snapshot(|connection| neighbours::find(connection, of))
    }

    fn first_id(&self, from: PostId) -> Result<Option<PostId>, StoreError> {
        self.read(|connection| addresses::first_id(connection, from))
    }

    fn addresses(&self, ids: Range<PostId>) -> Result<Vec<PostAddress>, StoreError> {
        self.read(|connection| addresses::of(connection, ids))
    }

    fn find_page(&self, page: &PageAddress) -> Result<Option<PostId>, StoreError> {
        self.read_snapshot(|connection| page_posts::find(connection, page))
    }

    fn make_page(&self, new: &NewPage<'_>) -> Result<PagePost, StoreError> {
        self.transact(|connection| page_posts::make(connection, new))
    }

    fn hosts(&self) -> Result<Vec<String>, StoreError> {
        self.read(page_posts::hosts)
    }

    fn create(&self, content: &PostContent) -> Result<Post, StoreError> {
        self.transact_on(
            |post: &Post| post.id,
            |connection| posts::create(connection, content, None),
        )
    }

    fn update(
        &self,
        id: PostId,
        content: &PostContent,
        expected: Option<&[Revision]>,
    ) -> Result<Post, StoreError> {
        self.transact_on(
            |_| id,
            |connection| posts::update(connection, id, content, expected),
        )
    }

    fn delete(&self, id: PostId, expected: Option<&[Revision]>) -> Result<(), StoreError> {
        self.transact_on(|_| id, |connection| posts::delete(connection, id, expected))
    }

    fn soft_delete(
        &self,
        id: PostId,
        expected: Option<&[Revision]>,
        at: TimestampMs,
    ) -> Result<(), StoreError> {
        self.transact_on(
            |_| id,
            |connection| deleted_posts::delete(connection, id, expected, at),
        )
    }

    fn undelete(&self, id: PostId) -> Result<Post, StoreError> {
        self.transact_on(|_| id, |connection| deleted_posts::undelete(connection, id))
    }

    fn deleted_post(&self, id: PostId) -> Result<Option<DeletedPost>, StoreError> {
        let found = self.read(|connection| deleted_posts::latest(connection, Some(id), 1))?;
        Ok(found.into_iter().next())
    }

    fn deleted_posts(&self, limit: usize) -> Result<Vec<DeletedPost>, StoreError> {
        self.read(|connection| deleted_posts::latest(connection, None, limit))
    }
}
