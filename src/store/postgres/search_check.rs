//! The index of words compared with the posts.

use std::collections::BTreeSet;

use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;

use super::search_index::{post_search, terms_of};
use crate::model::PostId;
use crate::store::error::StoreError;
use crate::store::sql::schema::posts;
use crate::store::sql::search_terms::WrongTerms;

diesel::allow_tables_to_appear_in_same_query!(posts, post_search);

/// Compares the index with the posts.
pub fn wrong(connection: &mut PgConnection) -> Result<WrongTerms, StoreError> {
    type Row = (PostId, String, String, Option<Vec<String>>);
    let mut outdated = Vec::new();
    let rows = posts::table
        .left_join(post_search::table.on(post_search::post.eq(posts::id)))
        .order(posts::id)
        .select((
            posts::id,
            posts::title,
            posts::summary,
            post_search::terms.nullable(),
        ))
        .load_iter::<Row, PgRowByRowLoadingMode>(connection)?;
    for row in rows {
        let (post, title, summary, indexed) = row?;
        let indexed = BTreeSet::from_iter(indexed.unwrap_or_default());
        if indexed != terms_of(post, &title, &summary) {
            outdated.push(post);
        }
    }
    let there = posts::table.filter(posts::id.eq(post_search::post));
    let missing = post_search::table
        .filter(diesel::dsl::not(diesel::dsl::exists(there)))
        .order(post_search::post)
        .select(post_search::post)
        .load(connection)?;
    Ok(WrongTerms { outdated, missing })
}
