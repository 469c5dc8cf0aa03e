//! Numbers set by hand or brought from elsewhere.

use serde_json::Value;

use super::numbers::start;
use super::{json_body, pagination, views};
use crate::clock;
use crate::endpoint::lookup::{find_post, stored_numbers};
use crate::endpoint::{Exchange, correction_fields, cursor, errors, parameters};
use crate::http::{Invalid, Problem};
use crate::store::MAX_NUMBER;

/// The letter of this list's cursors.
const CURSOR: char = 'c';

/// The corrections of a post, latest first.
pub(super) fn list(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let (limit, after) = (
        parameters::limit(exchange.query())?,
        cursor::from_query(exchange.query(), CURSOR)?,
    );
    let post = find_post(exchange, segment)?;
    let store = exchange.state.store.store();
    let corrections = store.corrections(post.id, after, limit)?;
    start(exchange);
    pagination::answer(exchange, corrections, CURSOR);
    Ok(())
}

/// Sets a post's views.
pub(super) fn put(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let (post, _) = stored_numbers(exchange, segment)?;
    let (number, reason) = read(&json_body::read(exchange)?).map_err(errors::invalid)?;
    let store = exchange.state.store.store();
    store.correct(post.id, Some(number), None, &reason, clock::now())?;
    exchange.state.store.invalidate(post.id);
    views::of_post(exchange, segment)
}

fn read(value: &Value) -> Result<(i64, String), Vec<Invalid>> {
    let mut errors = Vec::new();
    let number = value["views"]
        .as_i64()
        .filter(|number| (0..=MAX_NUMBER).contains(number));
    if number.is_none() {
        errors.push(Invalid::new(
            "/views",
            format!("views must be a whole number from 0 to {MAX_NUMBER}"),
        ));
    }
    let reason = correction_fields::reason(value["reason"].as_str().unwrap_or_default());
    match (number, reason) {
        (Some(number), Ok(reason)) => Ok((number, reason)),
        (_, reason) => {
            errors.extend(reason.err().map(|detail| Invalid::new("/reason", detail)));
            Err(errors)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_needs_a_reason() {
        assert_eq!(
            read(&json!({"views": 7, "reason": " moved "})).ok(),
            Some((7, "moved".to_owned()))
        );
        let pointers = |value: Value| -> Vec<String> {
            read(&value)
                .unwrap_err()
                .into_iter()
                .map(|error| error.pointer)
                .collect()
        };
        assert_eq!(pointers(json!({})), ["/views", "/reason"]);
        assert_eq!(pointers(json!({"views": -1, "reason": "x"})), ["/views"]);
        assert_eq!(pointers(json!({"views": 1.5, "reason": "x"})), ["/views"]);
        assert_eq!(pointers(json!([])), ["/views", "/reason"]);
    }
}
