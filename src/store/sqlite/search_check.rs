//! The full-text index compared with the posts.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use crate::model::PostId;
use crate::store::error::StoreError;
use crate::store::sql::schema::posts;
use crate::store::sql::search_terms::{WrongTerms, distinct_terms};

diesel::table! {
    post_search_terms (doc, term) {
        doc -> BigInt,
        term -> Text,
    }
}

/// Compares the index with the posts. Keeps 16 bytes of each post in memory.
pub fn wrong(connection: &mut SqliteConnection) -> Result<WrongTerms, StoreError> {
    let mut indexed: HashMap<PostId, u64> = HashMap::new();
    let terms = post_search_terms::table
        .select((post_search_terms::doc, post_search_terms::term))
        .load_iter::<(PostId, String), DefaultLoadingMode>(connection)?;
    for row in terms {
        let (post, term) = row?;
        let sum = indexed.entry(post).or_default();
        *sum = sum.wrapping_add(fingerprint(&term));
    }
    let mut outdated = Vec::new();
    let texts = posts::table
        .select((posts::id, posts::title, posts::summary))
        .load_iter::<(PostId, String, String), DefaultLoadingMode>(connection)?;
    for row in texts {
        let (post, title, summary) = row?;
        // A sum does not depend on the order of the terms.
        let sum = distinct_terms(post, &title, &summary)
            .iter()
            .fold(0, |sum: u64, term| sum.wrapping_add(fingerprint(term)));
        if indexed.remove(&post).unwrap_or(0) != sum {
            outdated.push(post);
        }
    }
    outdated.sort_unstable();
    let mut missing = Vec::from_iter(indexed.into_keys());
    missing.sort_unstable();
    Ok(WrongTerms { outdated, missing })
}

fn fingerprint(term: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    term.hash(&mut hasher);
    hasher.finish()
}
