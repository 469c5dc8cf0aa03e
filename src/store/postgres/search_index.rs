//! The index of titles and summaries: the terms of each post, in one row with an inverted index. It is written in the
//! transactions that write posts.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;

use super::connect::STATEMENT_TIMEOUT;
use crate::model::{PostId, SearchWords};
use crate::store::error::StoreError;
use crate::store::sql::search_terms::{TermPattern, asked, distinct_terms};

diesel::table! {
    post_search (post) {
        post -> BigInt,
        terms -> Array<Text>,
    }
}

/// How long is looked for the posts that have all terms of a search: if each term is frequent, many posts may have to be
/// looked at to find that few have all of them.
const MAX_TIME: Duration = Duration::from_millis(10);

/// Goes before the beginning of a term. No text has it: it is beyond what `search_terms` makes of punctuation.
const BEGINNING: char = '\u{F8FE}';

/// The terms of a post, and the beginnings of terms, of one character and of two, by which short words are found.
pub fn terms_of(post: PostId, title: &str, summary: &str) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for term in distinct_terms(post, title, summary) {
        for length in [1, 2] {
            let beginning = term.chars().take(length).collect::<String>();
            terms.insert(format!("{BEGINNING}{beginning}"));
        }
        terms.insert(term);
    }
    terms
}

/// Makes a post findable by its title and summary, and no longer by those it had.
pub fn put(
    connection: &mut PgConnection,
    post: PostId,
    title: &str,
    summary: &str,
) -> Result<(), StoreError> {
    let terms = Vec::from_iter(terms_of(post, title, summary));
    diesel::insert_into(post_search::table)
        .values((post_search::post.eq(post), post_search::terms.eq(&terms)))
        .on_conflict(post_search::post)
        .do_update()
        .set(post_search::terms.eq(&terms))
        .execute(connection)?;
    Ok(())
}

/// Makes a post findable no longer.
pub fn remove(connection: &mut PgConnection, post: PostId) -> Result<(), StoreError> {
    diesel::delete(post_search::table.find(post)).execute(connection)?;
    Ok(())
}

/// The ids of all posts that have these words, and perhaps of some more: every term of a word can be in a text without the
/// word. `None` if they are more than `most`, and where it takes too long to tell.
pub fn few(
    connection: &mut PgConnection,
    words: &SearchWords,
    most: usize,
) -> Result<Option<Vec<PostId>>, StoreError> {
    let wanted: Vec<String> = asked(words)
        .into_iter()
        .map(|asked| match asked {
            TermPattern::Whole(term) => term,
            TermPattern::Prefix(beginning) => format!("{BEGINNING}{beginning}"),
        })
        .collect();
    let timeout = |time: Duration| format!("SET LOCAL statement_timeout = {}", time.as_millis());
    let started = Instant::now();
    // In a transaction of its own, or a savepoint: what takes too long fails, and leaves the caller's as it was.
    let found = connection.transaction(|connection| {
        connection.batch_execute(&timeout(MAX_TIME))?;
        let found = post_search::table
            .select(post_search::post)
            .filter(post_search::terms.contains(wanted))
            .limit(i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX))
            .load(connection)?;
        connection.batch_execute(&timeout(STATEMENT_TIMEOUT))?;
        Ok::<Vec<PostId>, DieselError>(found)
    });
    match found {
        Ok(found) => Ok((found.len() <= most).then_some(found)),
        // The server says so in its own language.
        Err(DieselError::DatabaseError(..)) if started.elapsed() >= MAX_TIME => Ok(None),
        Err(error) => Err(error.into()),
    }
}
