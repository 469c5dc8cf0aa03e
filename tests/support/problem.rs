//! What every error answer must look like: RFC 9457, CORS headers, nothing of the inside.

use super::Response;

/// Words that only the inside of the server knows.
const INTERNALS: [&str; 10] = [
    "sqlite",
    "diesel",
    "panicked",
    "src/",
    ".rs:",
    "tiny_http",
    "rustc",
    "thread '",
    "os error",
    "SELECT ",
];

/// Asserts that the answer is a problem document of this status.
pub fn assert_problem(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{}", response.text());
    let kind = response.header("Content-Type").unwrap_or_default();
    assert!(
        kind.starts_with("application/problem+json"),
        "{status} came as {kind:?}"
    );
    let body = response.json();
    assert_eq!(body["status"], status, "{body}");
    for field in ["type", "title"] {
        assert!(body[field].is_string(), "{field} is missing in {body}");
    }
    assert!(
        response.header("Access-Control-Allow-Origin").is_some(),
        "{status} came without CORS headers"
    );
    assert_no_internals(&response.body);
}

/// Asserts that nothing internal shows in what was answered.
pub fn assert_no_internals(answer: &[u8]) {
    let text = String::from_utf8_lossy(answer);
    for word in INTERNALS {
        assert!(!text.contains(word), "{word:?} leaked in {text}");
    }
}
