//! Where contenders are built and run, and where a signal is noticed: files and processes go before the harness does.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::proc;

/// Where contenders are built and run.
pub struct Workshop {
    root: PathBuf,
    scratches: Cell<usize>,
    interrupted: Arc<AtomicBool>,
}

impl Workshop {
    /// Makes the directory and takes over SIGINT, SIGTERM and SIGHUP: the first ends the run between two measurements,
    /// so that every guard is dropped; a second one ends it at once.
    pub fn open(root: &Path) -> Result<Self> {
        fs::create_dir_all(root).with_context(|| format!("cannot create {}", root.display()))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&interrupted);
        let handler = move || {
            if seen.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        };
        ctrlc::set_handler(handler).context("cannot watch for signals")?;
        Ok(Self {
            root: root.to_owned(),
            scratches: Cell::new(0),
            interrupted,
        })
    }

    /// Fails once a signal has come.
    pub fn go_on(&self) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        Ok(())
    }

    /// A place for what is built or installed once.
    pub fn built(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The sources of a peer.
    pub fn source(&self, name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/bench/peers")
            .join(name)
    }

    /// A new empty directory, removed when dropped.
    pub fn scratch(&self) -> Result<Scratch> {
        self.scratches.set(self.scratches.get() + 1);
        let dir = self.root.join(format!(
            "run-{}-{}",
            std::process::id(),
            self.scratches.get()
        ));
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        Ok(Scratch(dir))
    }

    /// The first line a program says about its version, or what to install.
    pub fn version(&self, program: &str, flag: &str, package: &str) -> Result<String> {
        let mut command = Command::new(program);
        command.arg(flag);
        let Ok(out) = proc::output(command, Duration::from_secs(20)) else {
            bail!("{program} is not installed; try: apt-get install {package}");
        };
        let text = String::from_utf8_lossy(&out.stdout).into_owned()
            + &String::from_utf8_lossy(&out.stderr);
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

/// A directory that goes with its owner.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
