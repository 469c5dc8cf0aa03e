//! The condition that a post is not deleted: of every query that looks for posts.

use diesel::dsl::auto_type;
use diesel::prelude::*;

use crate::store::sql::schema::{deleted_posts, posts};

/// The condition.
#[auto_type(no_type_alias)]
pub(super) fn is_live() -> _ {
    posts::id.ne_all(deleted_posts::table.select(deleted_posts::post))
}

/// The same as text, of a column with ids of posts.
pub(super) fn is_live_text(column: &str) -> String {
    format!("{column} NOT IN (SELECT post FROM deleted_posts)")
}
