//! What unit tests share.

/// Says that a test is skipped because `what` is missing. With `VIEWTALLY_REQUIRE_ALL=1`, as in CI, it fails instead.
///
/// # Panics
/// With `VIEWTALLY_REQUIRE_ALL=1`.
pub(crate) fn missing(what: impl std::fmt::Display) {
    let required = std::env::var_os("VIEWTALLY_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "missing: {what}");
    println!("skipped: {what} is missing");
}
