//! PostgreSQL's programs, and whom they run as.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a test that is skipped for want of it says.
pub const MISSING: &str = "there is no PostgreSQL server (on Debian: apt-get install postgresql)";

/// Whom the server runs as where the tests are root's: it refuses root.
#[derive(Clone, Copy)]
pub(super) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// The account that Debian's package makes, or else nobody's; `None` where the tests are not root's.
    pub(super) fn of_the_server() -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        if fs::metadata("/proc/self").ok()?.uid() != 0 {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let of = |name: &str| {
            let mut fields = accounts
                .lines()
                .map(|line| line.split(':'))
                .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
            Some(Self {
                user: fields.nth(1)?.parse().ok()?,
                group: fields.next()?.parse().ok()?,
            })
        };
        let nobody = Self {
            user: 65534,
            group: 65534,
        };
        Some(of("postgres").or_else(|| of("nobody")).unwrap_or(nobody))
    }

    /// Hands a folder over to it.
    pub(super) fn own(self, folder: &Path) {
        std::os::unix::fs::chown(folder, Some(self.user), Some(self.group)).expect("root's right");
    }

    /// A program to be run by it.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={}", self.user))
            .arg(format!("--regid={}", self.group))
            .arg("--clear-groups")
            .arg(program);
        command
    }
}

/// Where the server's programs are: the newest of Debian's, else the first on PATH.
pub(super) fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|version| {
            let version = version.ok()?;
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .filter(|(_, folder)| has_programs(folder))
        .max();
    if let Some((_, folder)) = newest {
        return Some(folder);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| has_programs(folder))
}

fn has_programs(folder: &Path) -> bool {
    ["initdb", "postgres", "psql", "pg_basebackup"]
        .iter()
        .all(|name| folder.join(name).exists())
}

/// A developer's own settings must not reach the tests.
pub(super) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C").env("PGCONNECT_TIMEOUT", "20");
}
