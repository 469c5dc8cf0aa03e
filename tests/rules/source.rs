//! The project's source files as the rules read them.

use std::path::{Path, PathBuf};

/// A source file: its path below the repository and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// The lines that are code of the product: no comments, nothing from `#[cfg(test)]` on, no files of tests.
    pub fn code(&self) -> Vec<(usize, &str)> {
        if self.path.ends_with("tests.rs") {
            return Vec::new();
        }
        let lines = self
            .text
            .lines()
            .enumerate()
            .map(|(number, line)| (number + 1, line.trim()));
        lines
            .take_while(|(_, line)| *line != "#[cfg(test)]")
            .filter(|(_, line)| !line.starts_with("//"))
            .collect()
    }

    pub fn is_below(&self, folder: &str) -> bool {
        self.path.starts_with(&format!("{folder}/")) || self.path == format!("{folder}.rs")
    }

    /// `path:line: text` of every line of code that `breaks` a rule.
    pub fn breaking(&self, breaks: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.code().into_iter().filter(|(_, line)| breaks(line));
        lines
            .map(|(number, line)| format!("{}:{number}: {line}", self.path))
            .collect()
    }
}

/// The repository's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every `.rs` file below a folder of the repository, in the order of their paths.
pub fn below(folder: &str) -> Vec<Source> {
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(root())
                    .expect("below the root")
                    .to_string_lossy()
                    .into_owned();
                sources.push(Source {
                    path: name,
                    text: std::fs::read_to_string(&path).expect("text"),
                });
            }
        }
    }
    assert!(!sources.is_empty());
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}
