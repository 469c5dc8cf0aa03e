//! The full-text index of titles and summaries. It is written in the transactions that write posts.

use std::time::{Duration, Instant};

use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::Sqlite;

use super::search_terms::{expression, terms_of};
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

/// How long [`finds_few`] takes, unless it is in the middle of a step.
const MAX_TIME: Duration = Duration::from_millis(4);

/// How long a step is not to take.
const STEP_TIME: Duration = Duration::from_millis(1);

/// How many ids a step spans at least.
const STEP: i64 = 1 << 14;

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
            post_search::terms.eq(terms_of(title, summary)),
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
/// word.
pub fn posts_that_may_have(
    words: &SearchWords,
) -> post_search::BoxedQuery<'static, Sqlite, BigInt> {
    let is_found = sql::<Bool>("post_search MATCH ").bind::<Text, _>(expression(words));
    post_search::table
        .select(post_search::rowid)
        .filter(is_found)
        .into_boxed()
}

/// Whether [`posts_that_may_have`] gives at most `most` posts. What takes too long to tell is answered no: where each term
/// is frequent, many posts may have to be looked at to find that few have all of them.
pub fn finds_few(
    connection: &mut SqliteConnection,
    words: &SearchWords,
    most: usize,
) -> Result<bool, StoreError> {
    let last: Option<PostId> = posts::table.select(max(posts::id)).get_result(connection)?;
    let started = Instant::now();
    let mut left = i64::try_from(most).unwrap_or(i64::MAX);
    let (mut end, mut step) = (last.unwrap_or(0), STEP);
    // From the last id down, in steps: the index cannot be asked to stop after some time.
    while end > 0 {
        let step_started = Instant::now();
        let found = posts_that_may_have(words)
            .filter(post_search::rowid.gt(end.saturating_sub(step)))
            .filter(post_search::rowid.le(end))
            .limit(left.saturating_add(1));
        left -= found.load::<PostId>(connection)?.len() as i64;
        if left < 0 || started.elapsed() > MAX_TIME {
            return Ok(false);
        }
        end = end.saturating_sub(step);
        step = match step_started.elapsed() < STEP_TIME {
            true => step.saturating_mul(2),
            false => STEP,
        };
    }
    Ok(true)
}
