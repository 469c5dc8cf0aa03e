//! The posts, page by page, as a page.

use askama::Template;
use jiff::tz::TimeZone;

use super::layout::Layout;
use super::origin::Origin;
use super::policy::{self, HTML};
use super::post_page::Tag;
use super::state::PageState;
use super::text;
use crate::endpoint::{Exchange, PostQuery, cursor};
use crate::http::{Problem, query};
use crate::model::{PostSummary, Sort};

/// Posts on a page.
const LIMIT: usize = 20;

#[derive(Template)]
#[template(path = "index.html", config = "src/pages/askama.toml")]
struct IndexPage<'a> {
    layout: Layout,
    origin: &'a str,
    tag: &'a str,
    words: &'a str,
    sort: &'static str,
    /// Whether the list is the whole one, from its start.
    is_home: bool,
    items: Vec<Item<'a>>,
    next: Option<String>,
}

struct Item<'a> {
    slug: String,
    title: &'a str,
    summary: &'a str,
    language: &'static str,
    published: String,
    published_at: String,
    views: String,
    tags: Vec<Tag<'a>>,
}

/// Shows a page of the list that the query asks for.
pub fn show(pages: &PageState, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let asked = PostQuery::parse(exchange.query(), LIMIT)?;
    let found = asked.page(exchange.state)?;
    let origin = Origin::of(exchange);
    let sort = match asked.sort() {
        Sort::Published => "published",
        Sort::Views => "views",
        Sort::Trending => "trending",
    };
    let next = found.next.map(|next| {
        let cursor = cursor::encode(next, asked.cursor_letter());
        address_of_next(exchange.query(), &cursor)
    });
    let page = IndexPage {
        layout: Layout::new(exchange.header("Host").unwrap_or_default()),
        origin: origin.as_str(),
        tag: asked.tag().unwrap_or_default(),
        words: asked.words().unwrap_or_default(),
        sort,
        is_home: asked.is_from_start() && asked.tag().is_none() && asked.words().is_none(),
        items: found
            .items
            .iter()
            .map(|post| Item::new(post, &pages.settings.zone))
            .collect(),
        next,
    };
    let html = page.render().map_err(|_| Problem::internal())?;
    exchange.response.start(200);
    exchange.response.lines("Cache-Control: no-cache\r\n");
    policy::write(exchange.response);
    exchange.response.text(HTML, &html);
    Ok(())
}

impl<'a> Item<'a> {
    fn new(post: &'a PostSummary, zone: &TimeZone) -> Item<'a> {
        Item {
            slug: text::encode(&post.slug),
            title: &post.title,
            summary: &post.summary,
            language: text::language(&post.title),
            published: text::day(post.published_at, zone),
            published_at: post.published_at.to_string(),
            views: text::views(post.views),
            tags: Tag::all(&post.tags),
        }
    }
}

/// The same list from a cursor on.
fn address_of_next(asked: &str, cursor: &str) -> String {
    let mut address = "/posts?".to_owned();
    for name in ["sort", "period", "tag", "q"] {
        if let Some(value) = query::get(asked, name) {
            address += &format!("{name}={}&", text::encode(&value));
        }
    }
    address + "cursor=" + cursor
}
