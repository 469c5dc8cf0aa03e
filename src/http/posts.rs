//! Posts: read, listed, written.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::exchange::{Exchange, Method, decode_segment};
use super::problem::Problem;
use super::{body, json, page, query, views};
use crate::clock;
use crate::model::{
    ListQuery, Outcome, Period, Post, PostContent, PostId, PostKey, Revision, Sort,
};
use crate::store::{CachedPost, Store, StoreError};

/// `GET /posts/{post}`: the post, and one view of it.
pub(super) fn read(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let post = find(exchange, segment)?;
    let outcome = match exchange.method {
        Method::Get => views::note_view(exchange, post.id),
        _ => Outcome::OptedOut,
    };
    let (views, viewers) = (post.views(), post.viewers());
    let mut tag = TagBuffer::default();
    let tag = tag.write(post.id, post.revision, views, viewers);
    let unchanged = exchange
        .header("If-None-Match")
        .is_some_and(|known| names_tag(known, tag));
    exchange.response.start(if unchanged { 304 } else { 200 });
    exchange.response.header("ETag", tag);
    exchange.response.header("View-Outcome", outcome.name());
    exchange.response.header("Cache-Control", "no-cache");
    if !unchanged {
        exchange.response.post(post, views, viewers);
    }
    Ok(())
}

/// The post a path names.
pub(super) fn find(exchange: &Exchange<'_>, segment: &str) -> Result<Arc<CachedPost>, Problem> {
    if let Some(post) = &exchange.known {
        return Ok(Arc::clone(post));
    }
    let slug = decode_segment(segment)?;
    let found = exchange.service.store.post(PostKey::parse(&slug))?;
    found.ok_or_else(Problem::no_such_post)
}

/// An entity tag names the content and the numbers: `"id-revision-views-viewers"`.
struct TagBuffer {
    /// Four numbers of up to twenty characters, what is between them, and the quotes.
    bytes: [u8; 96],
    length: usize,
}

impl Default for TagBuffer {
    fn default() -> TagBuffer {
        TagBuffer {
            bytes: [0; 96],
            length: 0,
        }
    }
}

impl TagBuffer {
    fn write(&mut self, id: PostId, revision: Revision, views: i64, viewers: i64) -> &str {
        self.push("\"");
        for (place, number) in [id, revision, views, viewers].into_iter().enumerate() {
            self.push(if place == 0 { "" } else { "-" });
            self.push(itoa::Buffer::new().format(number));
        }
        self.push("\"");
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    fn push(&mut self, text: &str) {
        let end = self.length + text.len();
        self.bytes[self.length..end].copy_from_slice(text.as_bytes());
        self.length = end;
    }
}

/// Whether a list of entity tags (RFC 9110 §13.1.2, weak comparison) holds `tag`.
pub(super) fn names_tag(list: &str, tag: &str) -> bool {
    list.split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
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
    exchange.service.auth.check(exchange)?;
    let content = read_content(exchange, None)?;
    let created = exchange.service.store.store().create(&content);
    let post = created.map_err(|error| named(error, &content))?;
    exchange.service.store.invalidate(post.id);
    let slug = utf8_percent_encode(&content.slug, NON_ALPHANUMERIC).to_string();
    exchange.response.start(201);
    // The encoding also touches `-` and `_`, which addresses may hold as they are.
    let slug = slug.replace("%2D", "-").replace("%5F", "_");
    exchange
        .response
        .header("Location", &format!("/posts/{slug}"));
    answer_written(exchange, &CachedPost::new(&post));
    Ok(())
}

pub(super) fn update(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    exchange.service.auth.check(exchange)?;
    let store = exchange.service.store.store();
    let old = find_stored(store, segment)?;
    let content = read_content(exchange, Some(&old.content))?;
    let expected = expected_revisions(exchange.header("If-Match"), old.id);
    let updated = store.update(old.id, &content, expected.as_deref());
    let post = updated.map_err(|error| named(error, &content))?;
    exchange.service.store.invalidate(post.id);
    exchange.response.start(200);
    answer_written(exchange, &CachedPost::new(&post));
    Ok(())
}

pub(super) fn delete(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    exchange.service.auth.check(exchange)?;
    let store = exchange.service.store.store();
    let old = find_stored(store, segment)?;
    let expected = expected_revisions(exchange.header("If-Match"), old.id);
    store.delete(old.id, expected.as_deref())?;
    exchange.service.store.invalidate(old.id);
    exchange.response.start(204);
    Ok(())
}

/// The post as the store has it now, not as the cache had it.
fn find_stored(store: &dyn Store, segment: &str) -> Result<Post, Problem> {
    let slug = decode_segment(segment)?;
    store
        .post(PostKey::parse(&slug))?
        .ok_or_else(Problem::no_such_post)
}

fn answer_written(exchange: &mut Exchange<'_>, post: &CachedPost) {
    let (views, viewers) = (post.views(), post.viewers());
    let mut tag = TagBuffer::default();
    exchange
        .response
        .header("ETag", tag.write(post.id, post.revision, views, viewers));
    let json = String::from_utf8_lossy(post.json_before_views());
    let text = format!("{json}{views},\"viewers\":{viewers}}}");
    exchange.response.text("application/json", &text);
}

fn named(error: StoreError, content: &PostContent) -> Problem {
    match error {
        StoreError::SlugTaken => Problem::slug_taken(&content.slug),
        other => other.into(),
    }
}

fn read_content(
    exchange: &mut Exchange<'_>,
    old: Option<&PostContent>,
) -> Result<PostContent, Problem> {
    let is_json = exchange
        .header("Content-Type")
        .is_some_and(json::is_json_type);
    if !is_json {
        return Err(Problem::wrong_type());
    }
    let text = body::read(exchange)?;
    json::content(&text, old, clock::now()).map_err(Problem::invalid)
}

pub(super) fn list(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let text = exchange.target.query;
    let sort = match query::get(text, "sort").as_deref() {
        None | Some("published") => Sort::Published,
        Some("views") => Sort::Views,
        Some("trending") => Sort::Trending,
        Some(_) => {
            return Err(Problem::bad_parameter(
                "sort",
                "published, views or trending",
            ));
        }
    };
    let period = match (query::period(text)?, sort) {
        (None, _) => Period::All,
        (Some(period), Sort::Views) => period,
        (Some(_), _) => {
            return Err(Problem::bad_parameter(
                "period",
                "24h, 7d, 30d, 1y or all, and only with sort=views",
            ));
        }
    };
    let order = order_letter(sort, period);
    let after = page::after(exchange, order)?;
    let request = ListQuery {
        sort,
        limit: query::limit(text)?,
        after,
        tag: query::get(text, "tag").map(String::from),
        title: query::get(text, "q")
            .map(String::from)
            .filter(|title| !title.is_empty()),
    };
    let found = match period {
        Period::All => exchange.service.store.store().list(&request)?,
        period => exchange
            .service
            .rankings
            .page(period, &request, clock::now())?,
    };
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-cache");
    page::answer(exchange, found, order);
    Ok(())
}

/// What tells the cursors of one order from those of another.
fn order_letter(sort: Sort, period: Period) -> char {
    match (sort, period) {
        (Sort::Published, _) => 'p',
        (Sort::Trending, _) => 't',
        (Sort::Views, Period::All) => 'v',
        (Sort::Views, Period::Day) => 'd',
        (Sort::Views, Period::Week) => 'w',
        (Sort::Views, Period::Month) => 'm',
        (Sort::Views, Period::Year) => 'y',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entity_tags_match_as_http_says() {
        assert!(names_tag("\"1-1-5-0\"", "\"1-1-5-0\""));
        assert!(names_tag("W/\"a\", W/\"1-1-5-0\"", "\"1-1-5-0\""));
        assert!(names_tag("*", "\"x\""));
        assert!(!names_tag("\"1-1-4-0\"", "\"1-1-5-0\""));
    }

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
