//! `viewtally manual` and `viewtally completions`: what a package installs beside the program.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::status::Status;
use crate::cli::Cli;

/// Writes the man page, in roff.
pub(super) fn manual() -> anyhow::Result<Status> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    print(&page)
}

/// Writes the completions for a shell.
pub(super) fn completions(shell: Shell) -> anyhow::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "viewtally", &mut script);
    print(&script)
}

/// Whoever reads it may have closed it: that is no failure.
fn print(bytes: &[u8]) -> anyhow::Result<Status> {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
    Ok(Status::Success)
}
