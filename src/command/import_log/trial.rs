//! What `--dry-run` works on: a copy of the store, which is deleted afterwards.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::store::{self, StoreUrl};

/// A copy of a store in a folder of its own, which only its owner may enter. Dropping it deletes it.
pub(in crate::command) struct Trial {
    folder: PathBuf,
    url: StoreUrl,
}

impl Trial {
    /// Copies a store, as it is at this moment, without changing it.
    pub(in crate::command) fn of(url: &StoreUrl) -> anyhow::Result<Trial> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(std::io::Error::other)?;
        let name = format!("viewtally-dry-run-{:016x}", u64::from_ne_bytes(random));
        let folder = std::env::temp_dir().join(name);
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| {
                format!(
                    "cannot make {}, for a copy of the store; try TMPDIR=FOLDER",
                    folder.display()
                )
            })?;
        let mut trial = Trial {
            url: url.clone(),
            folder,
        };
        trial.url = store::copy(url, &trial.folder.join("copy.db")).with_context(|| {
            format!(
                "cannot copy store {url} to {} (TMPDIR says where)",
                trial.folder.display()
            )
        })?;
        Ok(trial)
    }

    /// The copy.
    pub(in crate::command) fn url(&self) -> &StoreUrl {
        &self.url
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        // What is left is in the system's folder of temporary files, which it empties.
        let _ = std::fs::remove_dir_all::<&Path>(&self.folder);
    }
}
