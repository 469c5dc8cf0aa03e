//! What happens where a tool is missing: a line, or a failure where everything has to run.

use anyhow::{Result, bail};

/// Set to 1, as CI does, it turns each skip into a failure.
const REQUIRE_ALL: &str = "VIEWTALLY_REQUIRE_ALL";

/// Says that something is skipped and why; fails where skipping is not allowed.
pub fn skip(what: &str, missing: &anyhow::Error) -> Result<()> {
    if std::env::var(REQUIRE_ALL).is_ok_and(|value| value == "1") {
        bail!("{what} cannot run, and {REQUIRE_ALL} is set: {missing:#}");
    }
    println!("skipped {what}: {missing:#}");
    Ok(())
}
