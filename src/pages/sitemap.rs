//! What search engines ask for: the addresses of all posts (sitemaps.org, protocol 0.9), and what they may visit
//! (RFC 9309).
//!
//! A file of a sitemap holds up to 50,000 addresses. Posts are put into files by their ids, so that each file is read
//! by one range of the table; a site whose ids need several files has an index of them.

use std::fmt::Write as _;

use super::origin::{self, Origin};
use super::text;
use crate::endpoint::{Exchange, errors};
use crate::http::Problem;
use crate::model::PostId;
use crate::store::{Store, StoreError};

/// Ids in one file, and files in an index, at most.
const MOST: i64 = 50_000;

const XML: &str = "application/xml; charset=utf-8";

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// Crawlers read posts and their index. Lists that were filtered or sorted are the same posts once more.
const ROBOTS: &str = "User-agent: *\nDisallow: /*?\nDisallow: /posts/*/\n";

/// `/sitemap.xml`: the addresses, or where the files with them are.
pub fn get(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let parts = parts(exchange.state.store.store())?;
    let text = match parts.as_slice() {
        [] => addresses(exchange, 0)?,
        [only] => addresses(exchange, *only)?,
        all => index(exchange, all),
    };
    answer(exchange, &text);
    Ok(())
}

/// `/sitemap-{part}.xml`: the addresses of one file.
pub fn part(exchange: &mut Exchange<'_>, number: &str) -> Result<(), Problem> {
    let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let part: i64 = number
        .parse()
        .ok()
        .filter(|part| is_plain && *part < MOST)
        .ok_or_else(errors::no_such_path)?;
    let text = addresses(exchange, part)?;
    answer(exchange, &text);
    Ok(())
}

/// `/robots.txt`
pub fn robots(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let origin = origin::plain(exchange);
    let mut text = ROBOTS.to_owned();
    if !origin.is_empty() {
        // A String takes every write.
        let _ = writeln!(text, "\nSitemap: {origin}/sitemap.xml");
    }
    exchange.response.start(200);
    exchange
        .response
        .lines("Cache-Control: public, max-age=3600\r\n");
    exchange.response.text("text/plain; charset=utf-8", &text);
    Ok(())
}

/// The files that hold any address, each by one step in the table's key.
fn parts(store: &dyn Store) -> Result<Vec<i64>, StoreError> {
    let mut parts = Vec::new();
    let mut from: PostId = 0;
    while let Some(id) = store.first_id(from)? {
        let part = id / MOST;
        if part >= MOST {
            break;
        }
        parts.push(part);
        from = (part + 1) * MOST;
    }
    Ok(parts)
}

fn addresses(exchange: &Exchange<'_>, part: i64) -> Result<String, Problem> {
    let origin = Origin::of(exchange);
    let ids = part * MOST..(part + 1) * MOST;
    let found = exchange.state.store.store().addresses(ids)?;
    let mut text = start("urlset");
    for post in found {
        let _ = writeln!(
            text,
            "<url><loc>{}/posts/{}</loc><lastmod>{}</lastmod></url>",
            origin.as_str(),
            text::encode(&post.slug),
            post.updated_at
        );
    }
    Ok(text + "</urlset>\n")
}

fn index(exchange: &Exchange<'_>, parts: &[i64]) -> String {
    let origin = Origin::of(exchange);
    let mut text = start("sitemapindex");
    for part in parts {
        let _ = writeln!(
            text,
            "<sitemap><loc>{}/sitemap-{part}.xml</loc></sitemap>",
            origin.as_str()
        );
    }
    text + "</sitemapindex>\n"
}

fn start(element: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{element} xmlns=\"{NAMESPACE}\">\n")
}

fn answer(exchange: &mut Exchange<'_>, text: &str) {
    exchange.response.start(200);
    exchange
        .response
        .lines("Cache-Control: public, max-age=300\r\n");
    exchange.response.text(XML, text);
}
