//! Python contenders: their packages in a virtual environment under `target/bench`, served by gunicorn.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::contender::Recipe;
use crate::peers::{started_with_environment, succeed};
use crate::workshop::Workshop;

const INSTALL_LIMIT: Duration = Duration::from_secs(60);

/// Threaded workers, one per core: the kind that keeps connections open.
pub fn gunicorn(workshop: &Workshop, name: &str, application: &'static str) -> Result<Recipe> {
    let source = workshop.source(name);
    let (venv, version) = venv(workshop, name, &source.join("requirements.txt"))?;
    let workers = available_parallelism().map_or(2, usize::from).to_string();
    Ok(started_with_environment(version, move |launch| {
        let mut command = Command::new(venv.join("bin/gunicorn"));
        command
            .args([
                "--workers",
                &workers,
                "--threads",
                "4",
                "--preload",
                "--no-control-socket",
                "--graceful-timeout",
                "1",
            ])
            .args([
                "--bind",
                &format!("127.0.0.1:{}", launch.port),
                "--log-level",
                "warning",
            ])
            .arg("--chdir")
            .arg(&source)
            .arg(application)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }))
}

/// A virtual environment with the packages of a requirements file, and what pip says is in it.
fn venv(workshop: &Workshop, name: &str, requirements: &Path) -> Result<(PathBuf, String)> {
    workshop.version("python3", "--version", "python3 python3-venv python3-pip")?;
    let venv = workshop.built(&format!("venv-{name}"));
    let pip = |arguments: &[&str]| {
        let mut command = Command::new(venv.join("bin/python"));
        command
            .args(["-m", "pip", "--disable-pip-version-check"])
            .args(arguments);
        command
    };
    if !venv.join("bin/gunicorn").is_file() {
        let mut create = Command::new("python3");
        create.args(["-m", "venv"]).arg(&venv);
        succeed(create, INSTALL_LIMIT).context("try: apt-get install python3-venv")?;
        let mut install = pip(&["install", "--quiet", "--requirement"]);
        install.arg(requirements);
        succeed(install, INSTALL_LIMIT)
            .context("cannot install Python packages; try with a network")?;
    }
    let wanted = fs::read_to_string(requirements)?.to_lowercase();
    let frozen = succeed(pip(&["freeze"]), INSTALL_LIMIT)?;
    let names = wanted
        .lines()
        .map(|line| line.split(['>', '=', '<']).next().unwrap_or(line));
    let mut versions = Vec::new();
    for package in frozen.lines() {
        let (name, version) = package.split_once("==").unwrap_or((package, ""));
        if names
            .clone()
            .any(|wanted| name.eq_ignore_ascii_case(wanted))
        {
            versions.push(format!("{name} {version}"));
        }
    }
    Ok((venv, versions.join(", ")))
}
