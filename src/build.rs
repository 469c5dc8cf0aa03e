//! Tells the build which commit it is of, for `viewtally --version`.

use std::path::Path;
use std::process::Command;

fn main() {
    // Where there is no repository, as in a package of the sources, the version says nothing of it.
    let commit = git(&["rev-parse", "--short=10", "HEAD"]).unwrap_or_default();
    println!("cargo::rustc-env=VIEWTALLY_COMMIT={commit}");
    println!("cargo::rerun-if-changed=src/build.rs");
    // Changed by every commit, and by every change of the branch.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"])
        && Path::new(&log).exists()
    {
        println!("cargo::rerun-if-changed={log}");
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
