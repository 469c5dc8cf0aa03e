//! The feed: the newest posts as Atom (RFC 4287).

use std::sync::Arc;

use askama::Template;

use super::gaps::{self, Filling, HOST, ORIGIN, without_marks};
use super::origin::Origin;
use super::state::PageState;
use super::{markdown, text};
use crate::endpoint::{Exchange, SiteState};
use crate::http::Problem;
use crate::http::etag::{self, ETag};
use crate::model::{ListQuery, Post, PostKey, TimestampMs};
use crate::store::StoreError;
use crate::store::cache::CachedPage;

/// Posts in the feed.
const LIMIT: usize = 20;

/// The longest post that stands in the feed whole, in bytes of its Markdown. Of a longer one its summary does.
const MAX_WHOLE: usize = 64 << 10;

#[derive(Template)]
#[template(path = "feed.xml", config = "src/pages/askama.toml")]
struct Feed {
    origin: char,
    host: char,
    updated_at: String,
    entries: Vec<Entry>,
}

struct Entry {
    id: i64,
    slug: String,
    title: String,
    published_at: String,
    updated_at: String,
    tags: Vec<String>,
    summary: String,
    content: Option<String>,
}

/// Answers with the feed. Not a view of any post.
pub fn get(pages: &PageState, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let edits = exchange.state.store.edits();
    let kept = pages.feed.load_full().filter(|feed| feed.edits == edits);
    let feed = match kept {
        Some(feed) => feed,
        None => {
            let feed = Arc::new(render(exchange.state, edits)?);
            pages.feed.store(Some(Arc::clone(&feed)));
            feed
        }
    };
    let tag = ETag::new([feed.hash]);
    let known = exchange.request.headers.all("If-None-Match");
    let unchanged = etag::is_listed(known, tag.as_bytes());
    let origin = Origin::of(exchange);
    let response = &mut *exchange.response;
    response.start(if unchanged { 304 } else { 200 });
    response.etag(&tag);
    response.lines("Cache-Control: public, max-age=300\r\n");
    if !unchanged {
        let filling = Filling {
            origin: origin.as_str(),
            host: origin.host(),
            views: "",
        };
        response.start_body("application/atom+xml; charset=utf-8");
        gaps::write(feed, &filling, response);
    }
    Ok(())
}

fn render(state: &SiteState, edits: u64) -> Result<CachedPage, Problem> {
    let store = state.store.store();
    let newest = store.list(&ListQuery {
        limit: LIMIT,
        ..ListQuery::default()
    })?;
    let posts: Result<Vec<Option<Post>>, StoreError> = newest
        .items
        .iter()
        .map(|summary| store.post(PostKey::Id(summary.id)))
        .collect();
    // One that is gone by now is left out.
    let posts: Vec<Post> = posts?.into_iter().flatten().collect();
    let changes = posts.iter().map(|post| post.content.updated_at);
    let feed = Feed {
        origin: ORIGIN,
        host: HOST,
        updated_at: changes.max().unwrap_or(TimestampMs(0)).to_string(),
        entries: posts.into_iter().map(Entry::new).collect(),
    };
    let text = feed.render().map_err(|_| Problem::internal())?;
    Ok(gaps::cut(&text, edits))
}

impl Entry {
    fn new(post: Post) -> Entry {
        let content = post.content;
        let is_whole = content.body.len() <= MAX_WHOLE;
        Entry {
            id: post.id,
            slug: text::encode(&content.slug),
            content: is_whole.then(|| clean(markdown::render(&content.body, &content.title))),
            title: clean(content.title),
            published_at: content.published_at.to_string(),
            updated_at: content.updated_at.to_string(),
            tags: content.tags.into_iter().map(clean).collect(),
            summary: clean(content.summary),
        }
    }
}

/// Text as XML may hold it: without marks of gaps and without the control characters that XML 1.0 has no way to write.
fn clean(text: String) -> String {
    let text = without_marks(text);
    let forbidden = |sign: char| {
        (sign.is_control() && !matches!(sign, '\t' | '\n' | '\r'))
            || matches!(sign, '\u{FFFE}' | '\u{FFFF}')
    };
    if text.contains(forbidden) {
        text.replace(forbidden, "\u{FFFD}")
    } else {
        text
    }
}
