//! viewtally as a contender: with its channel, and asked not to count. Both are the executable itself, so that nothing
//! here depends on the library's internals.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::contender::{Contender, Counted, Launch, Recipe};
use crate::proc;
use crate::workshop::Workshop;

/// The executable under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_viewtally");

/// What the harness writes posts with.
pub const TOKEN: &str = "bench";

pub const CHANNEL: &str = "viewtally";
pub const OFF: &str = "viewtally-off";

pub fn contenders() -> Vec<Contender> {
    let own = |name, about, query, counted| Contender {
        name,
        about,
        query,
        counted,
        many_posts: true,
        ready: "/healthz",
        seeded: true,
        prepare: release,
    };
    vec![
        own(
            CHANNEL,
            "bounded channel, batches into SQLite",
            "",
            Counted::Views,
        ),
        own(
            OFF,
            "the same server, asked not to count",
            "?count=false",
            Counted::No,
        ),
    ]
}

/// The command for a server on `port` whose database lies in `dir`.
pub fn serve(port: u16, dir: &Path, connections: usize) -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in
        env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VIEWTALLY_"))
    {
        command.env_remove(name);
    }
    command
        .arg("serve")
        .args(["--token", TOKEN])
        .args(["--listen", &format!("127.0.0.1:{port}"), "--log", "warn"])
        .args([
            "--store",
            &format!("sqlite:{}", dir.join("viewtally.db").display()),
        ])
        // A few more than the load, for the harness's own questions.
        .args([
            "--max-connections",
            &(connections + 64).max(1024).to_string(),
        ]);
    command
}

/// The version of the executable under test.
pub fn version() -> Result<String> {
    let mut command = Command::new(BINARY);
    command.arg("--version");
    let out = proc::output(command, Duration::from_secs(20))?;
    if !out.status.success() {
        bail!("viewtally --version ended with {}", out.status);
    }
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

fn release(_: &Workshop) -> Result<Recipe> {
    Ok(Recipe {
        version: version()?,
        command: Box::new(move |launch: &Launch| {
            let connections = launch.case.connections;
            Ok(serve(launch.port, launch.dir, connections))
        }),
    })
}
