//! A file system so small that a test can fill it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Home, is_root, missing};

/// A mounted file system in memory; unmounted when dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Of this size, as `mount` takes it. `None` where this user may mount none: the test is skipped.
    pub fn below(home: &Home, size: &str) -> Option<Self> {
        Self::at(home.path().join("disk"), size)
    }

    /// As [`SmallDisk::below`], at this path, where nothing is yet.
    pub fn at(folder: PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir(&folder).expect("a folder");
        let mounted = is_root()
            && Command::new("mount")
                .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
                .arg(&folder)
                .status()
                .is_ok_and(|status| status.success());
        if !mounted {
            missing("a small file system cannot be mounted (run as root, with CAP_SYS_ADMIN)");
            return None;
        }
        Some(Self(folder))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes all the room that is left; answers the file that has it.
    pub fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = File::create(&path).expect("a file");
        let mut piece = vec![b'x'; 1 << 20];
        // Ever smaller pieces, to the last byte.
        while !piece.is_empty() {
            if file.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // What the test left, for someone to look at.
            let kept = self.0.with_file_name("kept");
            let _ = Command::new("cp").arg("-r").arg(&self.0).arg(kept).status();
        }
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
