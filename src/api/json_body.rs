//! A request's body as JSON.

use serde_json::Value;

use crate::endpoint::{Exchange, errors};
use crate::http::Problem;

/// Reads the body.
///
/// # Errors
/// 415 where it is said to be something else, 400 where it is not JSON.
pub(super) fn read(exchange: &Exchange<'_>) -> Result<Value, Problem> {
    let content_type = exchange.header("Content-Type");
    if !content_type.is_some_and(is_json_type) {
        return Err(errors::wrong_type());
    }
    serde_json::from_slice(exchange.request.body)
        .map_err(|error| errors::malformed(format!("the body is not valid JSON: {error}")))
}

/// Whether a `Content-Type` is JSON.
fn is_json_type(value: &str) -> bool {
    let essence = value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_types() {
        assert!(is_json_type("application/json; charset=utf-8"));
        assert!(is_json_type("Application/LD+JSON"));
        assert!(!is_json_type("text/plain"));
    }
}
