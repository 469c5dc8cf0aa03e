//! A server whose clock a test sets, by libfaketime. Only the time of day is faked; waiting goes on as ever.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::launch::Launch;
use super::{Home, Server, missing, until};

/// Where Debian puts it, by architecture.
const FOLDERS: &str = "/usr/lib";

/// The clock of a server.
pub struct FakeClock {
    library: PathBuf,
    /// Holds the offset from the true time.
    file: PathBuf,
}

impl FakeClock {
    /// `None` where libfaketime is missing: the test is skipped.
    pub fn below(home: &Home) -> Option<Self> {
        let folders = std::fs::read_dir(FOLDERS).into_iter().flatten().flatten();
        let library = folders
            .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
            .find(|path| path.is_file());
        let Some(library) = library else {
            missing("there is no libfaketime (on Debian: apt-get install faketime)");
            return None;
        };
        let clock = Self {
            library,
            file: home.path().join("clock"),
        };
        clock.write(0);
        Some(clock)
    }

    /// Puts the server under it.
    pub fn over<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        launch
            .env("LD_PRELOAD", &text(&self.library))
            .env("FAKETIME_TIMESTAMP_FILE", &text(&self.file))
            .env("FAKETIME_CACHE_DURATION", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    }

    /// Sets the clock so far off the true time, and waits until the server follows.
    pub fn set(&self, server: &Server, seconds: i64) {
        self.write(seconds);
        until("the server's clock is set", || {
            let answer = server.get("/views").json();
            let told: Timestamp = answer["as_of"]
                .as_str()
                .and_then(|at| at.parse().ok())
                .expect("a time");
            let wanted = Timestamp::now() + SignedDuration::from_secs(seconds);
            told.duration_since(wanted).abs() < SignedDuration::from_secs(60)
        });
    }

    fn write(&self, seconds: i64) {
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}\n")).expect("a file");
        std::fs::rename(new, &self.file).expect("a file");
    }
}
