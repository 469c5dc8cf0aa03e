//! Posts: read, listed, written.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::listed_posts::PostFields;
use super::{json_body, pagination, post_body};
use crate::clock;
use crate::endpoint::lookup::{decode_segment, find_post};
use crate::endpoint::record_view::{record_view, write_outcome};
use crate::endpoint::referrer::note_of_header;
use crate::endpoint::{Exchange, PostQuery, errors, parameters};
use crate::http::etag::{self, ETag};
use crate::http::{Method, Problem, Response};
use crate::model::{Outcome, Post, PostContent, PostId, PostKey, Revision};
use crate::store::cache::{JSON_BETWEEN, JSON_END};
use crate::store::{CachedPost, Store, StoreError};

/// `GET /posts/{post}`: the post, and one view of it.
pub(super) fn read(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let post = find_post(exchange, segment)?;
    let outcome = match exchange.method() {
        Method::Get => {
            let outcome = record_view(exchange, post.id);
            note_of_header(exchange, post.id, outcome);
            outcome
        }
        _ => Outcome::OptedOut,
    };
    let mut buffers = [itoa::Buffer::new(); 2];
    let numbers = write_numbers(&post, &mut buffers);
    let tag = tag_of(&post, numbers);
    let known = exchange.request.headers.all("If-None-Match");
    let unchanged = etag::is_listed(known, tag.as_bytes());
    exchange.response.start(if unchanged { 304 } else { 200 });
    exchange.response.etag(&tag);
    write_outcome(exchange.response, outcome);
    exchange
        .response
        .lines("Cache-Control: no-cache\r\nVary: Accept\r\n");
    if !unchanged {
        write_post(exchange.response, post, numbers);
    }
    Ok(())
}

/// A post's views and viewers as they are now, in digits.
fn write_numbers<'b>(post: &CachedPost, buffers: &'b mut [itoa::Buffer; 2]) -> [&'b str; 2] {
    let [views, viewers] = buffers;
    [views.format(post.views()), viewers.format(post.viewers())]
}

/// The entity tag of a post with these numbers: `"id-revision-views-viewers"`.
fn tag_of(post: &CachedPost, [views, viewers]: [&str; 2]) -> ETag {
    ETag::of_texts([&post.version, views, viewers])
}

/// A post's JSON: what is cached, and these numbers.
fn write_post(response: &mut Response, post: Arc<CachedPost>, [views, viewers]: [&str; 2]) {
    response.shared_json(post);
    response.append(views.as_bytes());
    response.append(JSON_BETWEEN);
    response.append(viewers.as_bytes());
    response.append(JSON_END);
}

/// The revisions of post `id` that an `If-Match` names; `None` where any will do. Views may have been counted since
/// the client read the post: that is no change another author could lose, so only the content's part is compared.
fn expected_revisions(list: Option<&str>, id: PostId) -> Option<Vec<Revision>> {
    let list = list?;
    if list.split(',').any(|tag| tag.trim() == "*") {
        return None;
    }
    let revision = |tag: &str| {
        let mut parts = tag.trim().strip_prefix('"')?.strip_suffix('"')?.split('-');
        let tagged: PostId = parts.next()?.parse().ok()?;
        let revision = parts.next()?.parse().ok()?;
        (tagged == id).then_some(revision)
    };
    Some(list.split(',').filter_map(revision).collect())
}

pub(super) fn create(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let content = read_content(exchange, None)?;
    let created = exchange.state.store.store().create(&content);
    let post = created.map_err(|error| named(error, &content))?;
    exchange.state.store.invalidate(post.id);
    let slug = utf8_percent_encode(&content.slug, NON_ALPHANUMERIC).to_string();
    exchange.response.start(201);
    // The encoding also touches `-` and `_`, which addresses may hold as they are.
    let slug = slug.replace("%2D", "-").replace("%5F", "_");
    exchange
        .response
        .header("Location", &format!("/posts/{slug}"));
    answer_written(exchange, Arc::new(CachedPost::new(&post)));
    Ok(())
}

pub(super) fn update(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let store = exchange.state.store.store();
    let old = find_stored(store, segment)?;
    let content = read_content(exchange, Some(&old.content))?;
    let expected = preconditions(exchange, &old)?;
    let updated = store.update(old.id, &content, expected.as_deref());
    let post = updated.map_err(|error| named(error, &content))?;
    exchange.state.store.invalidate(post.id);
    exchange.response.start(200);
    answer_written(exchange, Arc::new(CachedPost::new(&post)));
    Ok(())
}

pub(super) fn delete(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let store = exchange.state.store.store();
    let old = find_stored(store, segment)?;
    let expected = preconditions(exchange, &old)?;
    store.delete(old.id, expected.as_deref())?;
    exchange.state.store.invalidate(old.id);
    exchange.response.start(204);
    Ok(())
}

/// What `If-Match` expects of a post that is to be written; checked again in the store's transaction.
///
/// # Errors
/// 412 where `If-None-Match` names what is there (RFC 9110 §13.1.2).
fn preconditions(exchange: &Exchange<'_>, old: &Post) -> Result<Option<Vec<Revision>>, Problem> {
    if let Some(list) = exchange.header_list("If-None-Match") {
        let named = expected_revisions(Some(&list), old.id);
        if named.is_none_or(|named| named.contains(&old.revision)) {
            return Err(errors::changed());
        }
    }
    let list = exchange.header_list("If-Match");
    Ok(expected_revisions(list.as_deref(), old.id))
}

/// The post as the store has it now, not as the cache had it.
fn find_stored(store: &dyn Store, segment: &str) -> Result<Post, Problem> {
    let slug = decode_segment(segment)?;
    store
        .post(PostKey::parse(&slug))?
        .ok_or_else(errors::no_such_post)
}

fn answer_written(exchange: &mut Exchange<'_>, post: Arc<CachedPost>) {
    let mut buffers = [itoa::Buffer::new(); 2];
    let numbers = write_numbers(&post, &mut buffers);
    exchange.response.etag(&tag_of(&post, numbers));
    write_post(exchange.response, post, numbers);
}

fn named(error: StoreError, content: &PostContent) -> Problem {
    match error {
        StoreError::SlugTaken => errors::slug_taken(&content.slug),
        other => other.into(),
    }
}

fn read_content(
    exchange: &mut Exchange<'_>,
    old: Option<&PostContent>,
) -> Result<PostContent, Problem> {
    let value = json_body::read(exchange)?;
    post_body::content(value, old, clock::now()).map_err(errors::invalid)
}

pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let query = PostQuery::parse(exchange.query(), parameters::limit(exchange.query())?)?;
    let fields = PostFields::parse(exchange.query())?;
    let found = fields.page(&query, exchange.state)?;
    exchange.response.start(200);
    exchange
        .response
        .lines("Cache-Control: no-cache\r\nVary: Accept\r\n");
    pagination::answer(exchange, found, query.cursor_letter());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_compares_content_and_not_counts() {
        assert_eq!(expected_revisions(None, 1), None);
        assert_eq!(expected_revisions(Some("*"), 1), None);
        assert_eq!(
            expected_revisions(Some("\"1-3-99-0\", \"2-4-0-0\""), 1),
            Some(vec![3])
        );
        assert_eq!(
            expected_revisions(Some("W/\"1-3-99-0\", nonsense"), 1),
            Some(vec![])
        );
    }
}
