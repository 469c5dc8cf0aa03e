//! The full-text index of titles and summaries. It is written in the transactions that write posts.

use std::time::{Duration, Instant};

use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::search_expression::{with, with_all, with_all_in};
use crate::model::{PostId, SearchWords};
use crate::store::error::StoreError;
use crate::store::sql::schema::posts;
use crate::store::sql::search_terms::{asked, blocks_to, first_of, terms_of};

diesel::table! {
    post_search (rowid) {
        rowid -> BigInt,
        terms -> Text,
    }
}

/// Of the terms of a search, the first that is found to be in so few posts is taken, before one in more is looked for.
const RARE: usize = 500;

/// How long it is tried which terms are rare, and then, which of the others are frequent.
const MAX_TRY: Duration = Duration::from_millis(2);

/// A term that more of the posts of a block have is frequent: an eighth of them.
const FREQUENT: i64 = 1_000;

/// Terms that are looked for beside a rare one, at most. In a million posts each takes a millisecond.
const MAX_NARROWING: usize = 4;

/// How long a search for terms that are not rare takes, unless it is in the middle of a step.
const MAX_TIME: Duration = Duration::from_millis(4);

/// A step is made larger than the one before if that took less.
const STEP_TIME: Duration = Duration::from_micros(500);

/// Blocks that a step spans, at most. One block takes a millisecond for terms that half of all posts have.
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
/// word, and beside a rare term those that many posts have are not looked for: the index would go through all these posts.
/// `None` if they are more than `most`, and where it takes too long to tell: if each term is frequent, many posts may have to
/// be looked at to find that few have all of them.
pub fn few(
    connection: &mut SqliteConnection,
    words: &SearchWords,
    most: usize,
) -> Result<Option<Vec<PostId>>, StoreError> {
    let asked: Vec<String> = asked(words).iter().map(with).collect();
    let Some((rare, having)) = with_rare(connection, &asked, most)? else {
        return in_steps(connection, &asked, most);
    };
    if having.len() <= RARE {
        return Ok(Some(having));
    }
    let narrowing = less_frequent(connection, &asked, rare)?;
    match narrowing.len() {
        1 => Ok(Some(having)),
        _ => matching(connection, &with_all(&narrowing), most).map(Some),
    }
}

/// The first of these terms that is found to be in few posts, in no more than `most`, and their ids.
fn with_rare<'a>(
    connection: &mut SqliteConnection,
    asked: &'a [String],
    most: usize,
) -> Result<Option<(&'a str, Vec<PostId>)>, StoreError> {
    let started = Instant::now();
    for (rare, term) in [RARE, most]
        .into_iter()
        .flat_map(|rare| asked.iter().map(move |term| (rare, term)))
        .take_while(|_| started.elapsed() < MAX_TRY)
    {
        let having = matching(connection, term, rare + 1)?;
        if having.len() <= rare {
            return Ok(Some((term, having)));
        }
    }
    Ok(None)
}

/// A rare term, and some of the others that are not frequent, as far as that is found in time.
fn less_frequent<'a>(
    connection: &mut SqliteConnection,
    asked: &'a [String],
    rare: &'a str,
) -> Result<Vec<&'a str>, StoreError> {
    let mut found = vec![rare];
    // In the middle: of the terms that only old posts have, or only new ones, none that is not seen there is in more than half.
    let last = last_before(connection, PostId::MAX)?.unwrap_or(0);
    let started = Instant::now();
    for term in asked.iter().filter(|term| *term != rare) {
        if found.len() > MAX_NARROWING || started.elapsed() > MAX_TRY {
            break;
        }
        let having = with_all_in(blocks_to(last / 2, 1), &[term]);
        if !has_more_than(connection, &having, FREQUENT)? {
            found.push(term);
        }
    }
    Ok(found)
}

/// As [`few`], where no term is rare.
fn in_steps(
    connection: &mut SqliteConnection,
    asked: &[String],
    most: usize,
) -> Result<Option<Vec<PostId>>, StoreError> {
    let started = Instant::now();
    let mut found = Vec::new();
    let (mut before, mut width) = (PostId::MAX, 1);
    // The newest first: the index cannot be asked to stop after some time.
    while let Some(last) = last_before(connection, before)? {
        let step_started = Instant::now();
        let blocks = blocks_to(last, width);
        before = first_of(blocks.start);
        let expression = with_all_in(blocks, asked);
        found.extend(matching(connection, &expression, most - found.len() + 1)?);
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

/// The ids that an expression finds, at most so many.
fn matching(
    connection: &mut SqliteConnection,
    expression: &str,
    most: usize,
) -> Result<Vec<PostId>, StoreError> {
    let is_found = sql::<Bool>("post_search MATCH ").bind::<Text, _>(expression);
    Ok(post_search::table
        .select(post_search::rowid)
        .filter(is_found)
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .load(connection)?)
}

/// Whether an expression finds more than so many ids.
fn has_more_than(
    connection: &mut SqliteConnection,
    expression: &str,
    number: i64,
) -> Result<bool, StoreError> {
    let is_found = sql::<Bool>("post_search MATCH ").bind::<Text, _>(expression);
    let next: Option<PostId> = post_search::table
        .select(post_search::rowid)
        .filter(is_found)
        .offset(number)
        .first(connection)
        .optional()?;
    Ok(next.is_some())
}

/// The last post whose id is less than `id`.
fn last_before(
    connection: &mut SqliteConnection,
    id: PostId,
) -> Result<Option<PostId>, StoreError> {
    let before = posts::table.filter(posts::id.lt(id));
    Ok(before.select(max(posts::id)).get_result(connection)?)
}
