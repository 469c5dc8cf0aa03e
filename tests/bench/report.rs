//! Writes result files and says where they are.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Writes `text` to `file` and prints its name.
pub fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot create {}", parent.display()))?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("wrote {}", file.display());
    Ok(())
}
