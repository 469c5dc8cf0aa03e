//! viewtally as a contender: with its channel, with counting off, and with the update done in the request.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::contender::{Contender, Counted, Launch, Recipe};
use crate::proc;
use crate::variants;
use crate::workshop::Workshop;

/// The executable under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_viewtally");

pub const CHANNEL: &str = "viewtally";
pub const OFF: &str = "viewtally-off";

pub fn contenders() -> Vec<Contender> {
    let own = |name, about, query, counted, prepare| Contender {
        name,
        about,
        query,
        counted,
        many_posts: true,
        ready: "/healthz",
        seeded: true,
        prepare,
    };
    let views = Counted::Views;
    vec![
        own(
            CHANNEL,
            "bounded channel, batches into SQLite",
            "",
            views,
            release,
        ),
        own(
            OFF,
            "the same server, asked not to count",
            "?count=false",
            Counted::No,
            release,
        ),
        own(
            "viewtally-inline",
            "the same server, one UPDATE in each request",
            "",
            views,
            inline,
        ),
        own(
            "viewtally-naive",
            "the same server, read, add one and write in each request",
            "",
            views,
            naive,
        ),
    ]
}

/// The command for a server on `port` whose database lies in `dir`.
pub fn serve(program: &Path, mode: &[&str], port: u16, dir: &Path, connections: usize) -> Command {
    let mut command = Command::new(program);
    for (name, _) in
        env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VIEWTALLY_"))
    {
        command.env_remove(name);
    }
    command
        .args(mode)
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
    recipe(Path::new(BINARY), &["serve"])
}

fn inline(_: &Workshop) -> Result<Recipe> {
    variant(variants::INLINE)
}

fn naive(_: &Workshop) -> Result<Recipe> {
    variant(variants::NAIVE)
}

fn variant(name: &'static str) -> Result<Recipe> {
    let harness = env::current_exe().context("cannot find the harness itself")?;
    recipe(&harness, &[variants::SERVE, name])
}

fn recipe(program: &Path, mode: &[&'static str]) -> Result<Recipe> {
    let (program, mode) = (program.to_owned(), mode.to_owned());
    Ok(Recipe {
        version: version()?,
        command: Box::new(move |launch: &Launch| {
            Ok(serve(
                &program,
                &mode,
                launch.port,
                launch.dir,
                launch.case.connections,
            ))
        }),
    })
}
