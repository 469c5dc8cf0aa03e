//! A temporary directory with a database, and commands run over it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::http::TOKEN;
use super::launch::Launch;
use super::process::{Finished, Running};
use super::{Database, WAIT_LIMIT, is_root, missing};

/// A directory of its own for a database and whatever else one test needs; gone when dropped.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(
            tempfile::Builder::new()
                .prefix("viewtally-")
                .tempdir()
                .expect("a temporary directory"),
        )
    }

    /// Leaves it where it is, for someone to look at.
    pub fn keep(self) -> PathBuf {
        self.0.keep()
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The database file that [`Home::serve`] and [`Home::run`] use.
    pub fn database_file(&self) -> PathBuf {
        self.path().join("viewtally.db")
    }

    pub fn database(&self) -> Database {
        Database::open(&self.database_file())
    }

    /// Writes a file below the home, with the folders it needs.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// A server to be, on port 0, over this home's database, with the suite's token.
    pub fn serve(&self) -> Launch<'_> {
        Launch::new(self, Some("serve"))
            .flag("--listen", "127.0.0.1:0")
            .flag("--store", &self.store())
            .flag("--token", TOKEN)
    }

    /// The same without any argument: everything comes from the environment.
    pub fn serve_by_environment(&self) -> Launch<'_> {
        Launch::new(self, None)
    }

    /// Runs a command to its end over this home's database.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        let mut all = arguments.to_vec();
        let store = self.store();
        all.extend(["--store", store.as_str()]);
        self.run_bare(&all)
    }

    /// Runs a command with just these arguments.
    pub fn run_bare(&self, arguments: &[&str]) -> Finished {
        let mut command = executable();
        command.args(arguments).current_dir(self.path());
        Running::spawn(command).wait(WAIT_LIMIT * 4)
    }

    /// Runs a command over this home's database as a user whom permissions stop.
    ///
    /// That is this user, or root without the capabilities to pass over permissions. `None` where root cannot give
    /// them up: the test is skipped.
    pub fn run_without_privileges(&self, arguments: &[&str]) -> Option<Finished> {
        let mut all = arguments.to_vec();
        let store = self.store();
        all.extend(["--store", store.as_str()]);
        self.run_bare_without_privileges(&all)
    }

    /// As [`Home::run_without_privileges`], with just these arguments.
    pub fn run_bare_without_privileges(&self, arguments: &[&str]) -> Option<Finished> {
        if !is_root() {
            return Some(self.run_bare(arguments));
        }
        let unprivileged = ["--bounding-set", "-dac_override,-dac_read_search"];
        let tried = Command::new("setpriv")
            .args(unprivileged)
            .arg("true")
            .status();
        if !tried.is_ok_and(|status| status.success()) {
            missing("root cannot drop capabilities (on Debian: apt-get install util-linux)");
            return None;
        }
        let mut command = Command::new("setpriv");
        command
            .args(unprivileged)
            .arg(env!("CARGO_BIN_EXE_viewtally"))
            .args(arguments)
            .current_dir(self.path());
        without_settings(&mut command);
        Some(Running::spawn(command).wait(WAIT_LIMIT * 4))
    }

    /// Runs a command over this home's database with this file as its standard input.
    pub fn run_reading(&self, input: &Path, arguments: &[&str]) -> Finished {
        let mut command = Command::new("sh");
        command
            .args(["-c", "input=$1; shift; exec \"$0\" \"$@\" < \"$input\""])
            .arg(env!("CARGO_BIN_EXE_viewtally"))
            .arg(input)
            .args(arguments)
            .args(["--store", &self.store()])
            .current_dir(self.path());
        without_settings(&mut command);
        Running::spawn(command).wait(WAIT_LIMIT * 4)
    }

    /// Starts a command over this home's database and does not wait for its end.
    pub fn begin(&self, arguments: &[&str]) -> Running {
        let mut command = executable();
        command
            .args(arguments)
            .args(["--store", &self.store()])
            .current_dir(self.path());
        Running::spawn(command)
    }

    pub fn store(&self) -> String {
        format!("sqlite:{}", self.database_file().display())
    }
}

pub(super) fn executable() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viewtally"));
    without_settings(&mut command);
    command
}

/// A developer's own `VIEWTALLY_*` must not reach the tests.
pub(super) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VIEWTALLY_") {
            command.env_remove(name);
        }
    }
}
