//! Lines on standard output and standard error. Whoever reads them may have closed them: that is no reason to fail, or
//! to panic as `println!` does.

use std::fmt::Display;
use std::io::Write;

/// Prints a line to standard output.
pub(super) fn print_line(line: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Prints a line to standard error.
pub(super) fn print_error(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
