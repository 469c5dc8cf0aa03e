//! WordPress: an export in WXR, in which WP-PostViews keeps a post's views as `wp:postmeta` with the key `views`.
//!
//! Posts are found by their elements and read each by itself: an export that is damaged or cut short gives those that are whole.

use std::io::{self, BufRead};

use memchr::memmem;

use super::lines::Lines;
use super::row::{Item, Items, NumberRow, damaged};

/// The longest post, in bytes.
const MAX_ITEM: usize = 64 << 20;

/// Reads an export.
///
/// # Errors
/// Those of reading.
pub fn read(reader: impl BufRead, items: Items<'_>) -> io::Result<()> {
    let mut lines = Lines::new(reader);
    let (mut item, mut start): (Vec<u8>, Option<u64>) = (Vec::new(), None);
    while let Some(line) = lines.next()? {
        let mut rest = line.text;
        loop {
            if start.is_some() {
                let end = memmem::find(rest, b"</item>");
                // A post that begins inside another one: that one was cut.
                let next =
                    memmem::find(rest, b"<item>").filter(|next| end.is_none_or(|end| *next < end));
                match (next, end) {
                    (Some(next), _) => {
                        items(damaged(start.take().unwrap_or(1), "the post has no end"));
                        rest = &rest[next..];
                    }
                    (None, Some(end)) => {
                        item.extend_from_slice(&rest[..end]);
                        items(post(&item, start.take().unwrap_or(1)));
                        rest = &rest[end + b"</item>".len()..];
                    }
                    (None, None) => {
                        if item.len() < MAX_ITEM {
                            item.extend_from_slice(rest);
                            item.push(b'\n');
                        }
                        break;
                    }
                }
                continue;
            }
            let Some(next) = memmem::find(rest, b"<item>") else {
                break;
            };
            rest = &rest[next + b"<item>".len()..];
            item.clear();
            start = Some(line.number);
        }
    }
    if let Some(start) = start {
        items(damaged(
            start,
            "the post has no end; the export was cut short",
        ));
    }
    Ok(())
}

fn post(item: &[u8], line: u64) -> Item {
    let text = String::from_utf8_lossy(item);
    let Some(views) = meta(&text, "views") else {
        return Item::Other;
    };
    let Some(page) = element(&text, "link").filter(|link| !link.is_empty()) else {
        return damaged(line, "the post has no link");
    };
    match views.trim().parse().ok().filter(|views| *views >= 0) {
        Some(views) => Item::Row(NumberRow {
            page,
            title: element(&text, "title").unwrap_or_default(),
            views,
            at: None,
        }),
        None => damaged(line, format!("its views are {views:?}, which is no number")),
    }
}

/// The value under a key.
fn meta(item: &str, key: &str) -> Option<String> {
    let mut parts = item.split("<wp:postmeta>").skip(1);
    parts.find_map(|part| {
        let is_key = element(part, "wp:meta_key")? == key;
        element(part, "wp:meta_value").filter(|_| is_key)
    })
}

/// The text of the first element of that name.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (content, _) = rest.split_once(&format!("</{name}>"))?;
    let content = content.trim();
    if let Some(data) = content.strip_prefix("<![CDATA[") {
        return Some(data.strip_suffix("]]>").unwrap_or(data).to_owned());
    }
    // `&` last, for what it begins is then text.
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&amp;", "&"),
    ];
    let plain = entities
        .iter()
        .fold(content.to_owned(), |text, (entity, sign)| {
            text.replace(entity, sign)
        });
    Some(plain)
}
