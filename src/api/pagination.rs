//! Paging: cursors clients hand back unread, and the `Link` to the next page (RFC 8288).

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use super::errors;
use super::exchange::Exchange;
use crate::http::{Problem, query};
use crate::model::{Cursor, Page};

/// The place the request's `cursor` names. `list` is the letter of the list it must be of.
///
/// # Errors
/// 422 for a cursor of another list, or none of ours.
pub(super) fn after(exchange: &Exchange<'_>, list: char) -> Result<Option<Cursor>, Problem> {
    match query::get(exchange.query(), "cursor") {
        None => Ok(None),
        Some(text) => decode(&text, list).map(Some).ok_or_else(|| {
            errors::bad_parameter("cursor", "the next_cursor of a list with the same sort")
        }),
    }
}

/// What a target may hold and a URI may not (RFC 3986 §2): it could end the address in the header.
const NOT_IN_A_URI: &AsciiSet = &CONTROLS
    .add(b'<')
    .add(b'>')
    .add(b'"')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[derive(Serialize)]
struct List<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

/// Answers with a page and, if there is a next one, its cursor and the `Link` header. `list` as for [`after`].
pub(super) fn answer<T: Serialize>(exchange: &mut Exchange<'_>, page: Page<T>, list: char) {
    let next_cursor = page.next.map(|cursor| encode(cursor, list));
    if let Some(cursor) = &next_cursor {
        let address = next_address(exchange.request.target.path, exchange.query(), cursor);
        exchange
            .response
            .header("Link", &format!("<{address}>; rel=\"next\""));
    }
    exchange.response.json(&List {
        items: page.items,
        next_cursor,
    });
}

/// The address of the next page: the same question with this cursor.
pub fn next_address(path: &str, text: &str, cursor: &str) -> String {
    let mut address = format!("{path}?");
    for pair in text
        .split('&')
        .filter(|pair| !pair.is_empty() && query::get(pair, "cursor").is_none())
    {
        // A String takes every write.
        let _ = write!(address, "{}&", utf8_percent_encode(pair, NOT_IN_A_URI));
    }
    address + "cursor=" + cursor
}

/// The text of a cursor of this list.
pub fn encode(cursor: Cursor, list: char) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}{},{}", cursor.key, cursor.id))
}

/// The place that a cursor of this list names.
pub fn decode(text: &str, list: char) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (key, id) = str::from_utf8(&bytes)
        .ok()?
        .strip_prefix(list)?
        .split_once(',')?;
    Some(Cursor {
        key: key.parse().ok()?,
        id: id.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_and_only_for_their_list() {
        let cursor = Cursor { key: -5, id: 7 };
        let text = encode(cursor, 'v');
        assert_eq!(decode(&text, 'v'), Some(cursor));
        assert_eq!(decode(&text, 'p'), None);
        assert_eq!(decode("%%%", 'v'), None);
    }

    #[test]
    fn the_next_address_keeps_the_question() {
        assert_eq!(
            next_address("/posts", "tag=a&cursor=x&limit=2", "y"),
            "/posts?tag=a&limit=2&cursor=y"
        );
        assert_eq!(next_address("/posts", "", "y"), "/posts?cursor=y");
        // However its name is written: the first one counts, and would be this page's again.
        assert_eq!(
            next_address("/posts", "%63ursor=x&a=1&cursor&cursors=2", "y"),
            "/posts?a=1&cursors=2&cursor=y"
        );
        assert_eq!(
            next_address("/posts", "q=a>b\"%20", "y"),
            "/posts?q=a%3Eb%22%20&cursor=y"
        );
    }
}
