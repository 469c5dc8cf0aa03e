//! Cursors: where a page of a list ends, as text that clients hand back unread.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::errors;
use crate::http::{Problem, query};
use crate::model::Cursor;

/// The place that the `cursor` of a query names. `list` is the letter of the list it must be of.
///
/// # Errors
/// 422 for a cursor of another list, or none of ours.
pub fn from_query(text: &str, list: char) -> Result<Option<Cursor>, Problem> {
    match query::get(text, "cursor") {
        None => Ok(None),
        Some(text) => decode(&text, list).map(Some).ok_or_else(|| {
            errors::bad_parameter("cursor", "the next_cursor of a list with the same sort")
        }),
    }
}

/// A cursor's text, of characters that an address may hold.
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
}
