//! What a test needs beyond the project: a tool, a data set, a limit of the system.

use std::io::Write;

/// Set to 1 where nothing may be skipped, as in CI.
const REQUIRE_ALL: &str = "VIEWTALLY_REQUIRE_ALL";

/// Says that the calling test cannot run here; the test returns after this.
///
/// `what` names what is missing and how to get it. With `VIEWTALLY_REQUIRE_ALL=1` the test fails instead.
pub fn missing(what: &str) {
    let required = std::env::var_os(REQUIRE_ALL).is_some_and(|value| value == "1");
    assert!(!required, "{REQUIRE_ALL}=1, and {what}");
    // Written past the test harness, which hides what a passing test prints.
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}

/// Whether the process runs as root, whom permissions do not stop.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
