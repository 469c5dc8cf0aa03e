//! Query parameters that several endpoints take.

use super::errors;
use crate::http::{Problem, query};
use crate::model::Period;

/// Whether the query asks for a read that is not counted. Checked on every read, so without decoding.
pub fn count_is_false(query: &str) -> bool {
    !query.is_empty()
        && query
            .split('&')
            .any(|pair| matches!(pair, "count=false" | "count=0" | "count=no"))
}

/// Whether the answer is to wait until the view cannot be lost.
///
/// # Errors
/// A problem that names the parameter: what is misspelt must not be taken for less.
pub fn durable(query: &str) -> Result<bool, Problem> {
    match query::get(query, "durable").as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(errors::bad_parameter("durable", "true or false")),
    }
}

/// `period`, if it is given.
///
/// # Errors
/// A problem that names the parameter.
pub fn period(query: &str) -> Result<Option<Period>, Problem> {
    query::get(query, "period")
        .map(|name| {
            Period::from_name(&name)
                .ok_or_else(|| errors::bad_parameter("period", "24h, 7d, 30d, 1y or all"))
        })
        .transpose()
}

/// `limit`: 20 unless given, 1 to 100.
///
/// # Errors
/// A problem that names the parameter.
pub fn limit(query: &str) -> Result<usize, Problem> {
    match query::get(query, "limit") {
        None => Ok(20),
        Some(text) => match text.parse() {
            Ok(limit @ 1..=100) => Ok(limit),
            _ => Err(errors::bad_parameter(
                "limit",
                "a whole number from 1 to 100",
            )),
        },
    }
}
