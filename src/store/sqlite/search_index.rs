//! The full-text index of titles and summaries. It is written in the transactions that write posts.

use std::time::{Duration, Instant};

use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::search_terms::{blocks_to, expression, first_of, terms_of};
use crate::model::{PostId, SearchWords};
use crate::store::error::StoreError;
use crate::store::sql::schema::{counts, posts};

diesel::table! {
    post_search (rowid) {
        rowid -> BigInt,
        terms -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(post_search, posts);
diesel::allow_tables_to_appear_in_same_query!(post_search, counts);

/// How long [`few`] takes, unless it is in the middle of a step.
const MAX_TIME: Duration = Duration::from_millis(4);

/// How long a step is to take at most: the next one is larger if it took less.
const STEP_TIME: Duration = Duration::from_micros(500);

/// Blocks that a step spans, at most. One block of terms that half of all posts have takes 2 ms.
const MAX_WIDTH: i64 = 4;

/// Makes a post findable by its title and summary, and no longer by those it had.
pub fn put(
    connection: &mut SqliteConnection,
    post: PostId,
    title: &str,
    summary: &str,
) -> Result<(), StoreError> {
    diesel::replace_into(post_search::table)
        .values((
            post_search::rowid.eq(post),
            post_search::terms.eq(terms_of(post, title, summary)),
        ))
        .execute(connection)?;
    Ok(())
}

/// Makes a post findable no longer.
pub fn remove(connection: &mut SqliteConnection, post: PostId) -> Result<(), StoreError> {
    diesel::delete(post_search::table.find(post)).execute(connection)?;
    Ok(())
}

/// The ids of all posts that have these words, and perhaps of some more: every term of a word can be in a text without the
/// word. `None` if they are more than `most`, and where it takes too long to tell: if each term is frequent, many posts may
/// have to be looked at to find that few have all of them.
pub fn few(
    connection: &mut SqliteConnection,
    words: &SearchWords,
    most: usize,
) -> Result<Option<Vec<PostId>>, StoreError> {
    let started = Instant::now();
    let mut found = Vec::new();
    let (mut before, mut width) = (PostId::MAX, 1);
    // The newest first, in steps: the index cannot be asked to stop after some time.
    while let Some(last) = last_before(connection, before)? {
        let step_started = Instant::now();
        let blocks = blocks_to(last, width);
        before = first_of(blocks.start);
        let is_found = sql::<Bool>("post_search MATCH ").bind::<Text, _>(expression(words, blocks));
        let ids: Vec<PostId> = post_search::table
            .select(post_search::rowid)
            .filter(is_found)
            .limit((most - found.len()) as i64 + 1)
            .load(connection)?;
        found.extend(ids);
        if found.len() > most || started.elapsed() > MAX_TIME {
            return Ok(None);
        }
        width = match step_started.elapsed() < STEP_TIME {
            true => MAX_WIDTH.min(width * 2),
            false => 1,
        };
    }
    Ok(Some(found))
}

/// The last post whose id is less than `id`.
fn last_before(
    connection: &mut SqliteConnection,
    id: PostId,
) -> Result<Option<PostId>, StoreError> {
    let before = posts::table.filter(posts::id.lt(id));
    Ok(before.select(max(posts::id)).get_result(connection)?)
}
