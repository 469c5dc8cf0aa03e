//! The query of a request: `a=b&c=d`, percent-encoded.

use std::borrow::Cow;

use super::problem::Problem;
use crate::model::Period;

/// Reads the first `name` of a query.
pub(super) fn get<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then_some(value))
}

/// Whether the query asks for a read that is not counted. Checked on every read, so without decoding.
pub(super) fn count_is_false(query: &str) -> bool {
    query
        .split('&')
        .any(|pair| matches!(pair, "count=false" | "count=0"))
}

/// `period`, if it is given.
///
/// # Errors
/// A problem that names the parameter.
pub(super) fn period(query: &str) -> Result<Option<Period>, Problem> {
    get(query, "period")
        .map(|name| {
            Period::from_name(&name)
                .ok_or_else(|| Problem::bad_parameter("period", "24h, 7d, 30d, 1y or all"))
        })
        .transpose()
}

/// `limit`: 20 unless given, 1 to 100.
///
/// # Errors
/// A problem that names the parameter.
pub(super) fn limit(query: &str) -> Result<usize, Problem> {
    match get(query, "limit") {
        None => Ok(20),
        Some(text) => match text.parse() {
            Ok(limit @ 1..=100) => Ok(limit),
            _ => Err(Problem::bad_parameter(
                "limit",
                "a whole number from 1 to 100",
            )),
        },
    }
}
