//! Paging: a page with its cursor, and the `Link` to the next one (RFC 8288).

use serde::Serialize;

use crate::endpoint::{Exchange, cursor};
use crate::http::{location, query};
use crate::model::Page;

#[derive(Serialize)]
struct List<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

/// Answers with a page and, if there is a next one, its cursor and the `Link` header. `list` as for
/// [`cursor::from_query`].
pub(super) fn answer<T: Serialize>(exchange: &mut Exchange<'_>, page: Page<T>, list: char) {
    let next_cursor = page.next.map(|next| cursor::encode(next, list));
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
        address.push_str(&location::encode(pair));
        address.push('&');
    }
    address + "cursor=" + cursor
}

#[cfg(test)]
mod tests {
    use super::*;

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
