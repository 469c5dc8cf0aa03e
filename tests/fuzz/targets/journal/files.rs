//! The files of one run that has ended.

use std::fs;
use std::sync::LazyLock;

use viewtally::internals::journal::{FileKind, Header, JournalFolder, RunId};

/// The database that the journal belongs to.
pub const DATABASE: i64 = 42;

pub const RUN: RunId = RunId(-77);

static FOLDER: LazyLock<JournalFolder> = LazyLock::new(|| {
    let name = format!("viewtally-fuzz-{}", std::process::id());
    let folder = JournalFolder::of(&std::env::temp_dir().join(name), DATABASE);
    fs::create_dir_all(folder.path()).expect("a folder");
    folder
});

/// The files of a run, in a folder that all cases use; removed when dropped.
pub struct Files;

impl Files {
    pub fn folder(&self) -> &'static JournalFolder {
        &FOLDER
    }

    pub fn write(&self, kind: FileKind, bytes: &[u8]) {
        fs::write(FOLDER.file(RUN, kind, 0), bytes).expect("a file");
    }

    pub fn are_removed(&self) -> bool {
        let mut files = fs::read_dir(FOLDER.path()).expect("a folder");
        files.next().is_none()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let left = fs::read_dir(FOLDER.path()).into_iter().flatten().flatten();
        for file in left {
            // One that stays makes the next case fail.
            let _ = fs::remove_file(file.path());
        }
    }
}

/// A header of the run.
pub fn header(number: u64, slots: u32) -> Header {
    Header {
        database: DATABASE,
        run: RUN,
        number,
        slots,
    }
}

/// Words as they are in files.
pub fn bytes_of(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
