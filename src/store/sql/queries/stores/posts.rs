//! Posts.

use super::super::backend::DbStore;
use super::super::{post_list, posts};
use crate::model::{ListQuery, Page, Post, PostContent, PostId, PostKey, PostSummary, Revision};
use crate::store::error::StoreError;
use crate::store::traits::PostStore;

impl PostStore for DbStore {
    fn post(&self, key: PostKey<'_>) -> Result<Option<Post>, StoreError> {
        self.read(|connection| posts::find(connection, key))
    }

    fn list(&self, query: &ListQuery) -> Result<Page<PostSummary>, StoreError> {
        self.read(|connection| post_list::page(connection, query))
    }

    fn summaries(
        &self,
        posts: &[PostId],
        query: &ListQuery,
    ) -> Result<Vec<PostSummary>, StoreError> {
        self.read(|connection| post_list::summaries(connection, posts, query))
    }

    fn create(&self, content: &PostContent) -> Result<Post, StoreError> {
        self.transact(|connection| posts::create(connection, content, None))
    }

    fn update(
        &self,
        id: PostId,
        content: &PostContent,
        expected: Option<&[Revision]>,
    ) -> Result<Post, StoreError> {
        self.transact(|connection| posts::update(connection, id, content, expected))
    }

    fn delete(&self, id: PostId, expected: Option<&[Revision]>) -> Result<(), StoreError> {
        self.transact(|connection| posts::delete(connection, id, expected))
    }
}
