//! A post as a page.

use std::sync::Arc;

use askama::Template;

use super::gaps::{self, Filling, HOST, ORIGIN, VIEWS, without_marks};
use super::layout::Layout;
use super::origin::Origin;
use super::policy::{self, HTML};
use super::settings::{Access, PageSettings};
use super::state::PageState;
use super::{markdown, text};
use crate::endpoint::lookup::find_post;
use crate::endpoint::record_view::{record_view, write_outcome};
use crate::endpoint::referrer::note_of_header;
use crate::endpoint::{Exchange, errors};
use crate::http::etag::{self, ETag};
use crate::http::{Method, Problem};
use crate::model::{Cursor, Neighbours, Outcome, Post, PostKey};
use crate::store::CachedPost;
use crate::store::cache::CachedPage;

#[derive(Template)]
#[template(path = "post.html", config = "src/pages/askama.toml")]
struct PostPage<'a> {
    layout: Layout,
    origin: char,
    views: char,
    /// Whether everybody may see the numbers.
    links_numbers: bool,
    slug: String,
    title: &'a str,
    summary: &'a str,
    language: &'static str,
    published: String,
    published_at: String,
    updated: Option<String>,
    updated_at: String,
    tags: Vec<Tag<'a>>,
    content: String,
    older: Option<Link>,
    newer: Option<Link>,
}

/// A tag with its address.
pub struct Tag<'a> {
    pub name: &'a str,
    pub encoded: String,
}

impl Tag<'_> {
    /// The tags of a post.
    pub fn all(tags: &[String]) -> Vec<Tag<'_>> {
        tags.iter()
            .map(|name| Tag {
                name,
                encoded: text::encode(name),
            })
            .collect()
    }
}

struct Link {
    slug: String,
    title: String,
}

/// Shows a post, which is one view of it as for its JSON. `rendered` is its page where that is in memory.
pub fn show(
    pages: &PageState,
    exchange: &mut Exchange<'_>,
    name: &str,
    rendered: Option<Arc<CachedPage>>,
) -> Result<(), Problem> {
    let post = find_post(exchange, name)?;
    let page = match rendered {
        Some(page) => page,
        None => render_and_keep(pages, exchange, &post)?,
    };
    let outcome = match exchange.method() {
        Method::Get => {
            let outcome = record_view(exchange, post.id);
            note_of_header(exchange, post.id, outcome);
            outcome
        }
        _ => Outcome::OptedOut,
    };
    let views = post.views();
    let tag = ETag::new([page.hash, views]);
    let known = exchange.request.headers.all("If-None-Match");
    let unchanged = etag::is_listed(known, tag.as_bytes());
    exchange.response.start(if unchanged { 304 } else { 200 });
    exchange.response.etag(&tag);
    write_outcome(exchange.response, outcome);
    exchange.response.lines("Cache-Control: no-cache\r\n");
    policy::write_with_images(exchange.response);
    if !unchanged {
        let origin = Origin::of(exchange);
        let filling = Filling {
            origin: origin.as_str(),
            host: origin.host(),
            views: &text::views(views),
        };
        exchange.response.start_body(HTML);
        gaps::write(page, &filling, exchange.response);
    }
    Ok(())
}

/// The page of a post that nobody has read as one since the last edit.
fn render_and_keep(
    pages: &PageState,
    exchange: &Exchange<'_>,
    cached: &Arc<CachedPost>,
) -> Result<Arc<CachedPage>, Problem> {
    let cache = &exchange.state.store;
    // Before the post is read: a page from between two edits is then known to be old.
    let edits = cache.edits();
    let found = cache.store().post(PostKey::Id(cached.id))?;
    let post = found.ok_or_else(errors::no_such_post)?;
    let neighbours = cache.store().neighbours(Cursor {
        key: post.content.published_at.0,
        id: post.id,
    })?;
    let text = render(&post, neighbours, &pages.settings)?;
    let page = Arc::new(gaps::cut(&text, edits));
    if post.revision == cached.revision {
        cache.keep_page(cached, Arc::clone(&page));
    }
    Ok(page)
}

fn render(post: &Post, neighbours: Neighbours, settings: &PageSettings) -> Result<String, Problem> {
    let zone = &settings.zone;
    let content = &post.content;
    let title = without_marks(content.title.clone());
    let summary = without_marks(content.summary.clone());
    let tags: Vec<String> = content.tags.iter().cloned().map(without_marks).collect();
    let link = |link: crate::model::PostLink| Link {
        slug: text::encode(&link.slug),
        title: without_marks(link.title),
    };
    // Most posts are touched on the day they appear: that is not news.
    let published = text::day(content.published_at, zone);
    let updated = text::day(content.updated_at, zone);
    let is_later = content.updated_at > content.published_at && updated != published;
    let page = PostPage {
        layout: Layout::new(HOST),
        origin: ORIGIN,
        views: VIEWS,
        links_numbers: settings.numbers == Access::Public,
        slug: text::encode(&content.slug),
        title: &title,
        summary: &summary,
        language: text::language(&format!("{title} {}", content.body)),
        published,
        published_at: content.published_at.to_string(),
        updated: is_later.then_some(updated),
        updated_at: content.updated_at.to_string(),
        tags: Tag::all(&tags),
        content: without_marks(markdown::render(&content.body, &content.title)),
        older: neighbours.older.map(link),
        newer: neighbours.newer.map(link),
    };
    page.render().map_err(|_| Problem::internal())
}
