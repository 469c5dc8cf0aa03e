//! Finds the Markdown files below the paths a user names, always in the same order.
//!
//! It reads no file. It reports what it skips because it is hidden, and what it cannot enter, so that no file is
//! missing without a message. Files that are not Markdown are skipped without one.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use super::error::{FileError, ImportError};

/// Extensions of Markdown files, in lower or upper case.
const ENDINGS: [&str; 4] = ["md", "markdown", "mdx", "mdown"];

/// One result of the walk.
#[derive(Debug)]
pub enum Found {
    /// A file to import.
    File {
        /// The file, under the root as the user wrote it.
        file: PathBuf,
        /// The root it was found below; the file itself where the user named a file.
        root: PathBuf,
    },
    /// A hidden Markdown file or a hidden folder, skipped with everything in it.
    Hidden(PathBuf),
    /// A path that could not be read.
    Failed(FileError),
}

/// Walks the roots in the order given, and below each by name.
///
/// A root that is a file is returned whatever its name. Links are followed; below one root each folder is entered
/// once, by the first path that leads to it, which also ends loops of links.
pub fn walk(roots: &[PathBuf]) -> Walk {
    Walk {
        roots: roots.iter().rev().cloned().collect(),
        root: PathBuf::new(),
        pending: Vec::new(),
        entered: HashSet::new(),
    }
}

/// The iterator behind [`walk`].
#[derive(Debug)]
pub struct Walk {
    /// Roots still to walk, the next one last.
    roots: Vec<PathBuf>,
    root: PathBuf,
    /// Paths still to visit, the next one last. A list instead of recursion, so that depth needs no
    /// stack.
    pending: Vec<PathBuf>,
    /// Canonical folders entered below this root.
    entered: HashSet<PathBuf>,
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(path) = self.pending.pop() {
                if let Some(found) = self.visit(path) {
                    return Some(found);
                }
            } else {
                self.root = self.roots.pop()?;
                self.pending.push(self.root.clone());
                self.entered.clear();
            }
        }
    }
}

impl Walk {
    fn visit(&mut self, path: PathBuf) -> Option<Found> {
        let named = path == self.root;
        let markdown = is_markdown(&path);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            // A broken link is an error only where a post was expected.
            Err(error) if named || markdown || error.kind() == io::ErrorKind::PermissionDenied => {
                return Some(if !named && is_hidden(&path) {
                    Found::Hidden(path)
                } else {
                    Found::Failed(ImportError::from_io(error).of(path, None))
                });
            }
            Err(_) => return None,
        };
        if !named && is_hidden(&path) {
            return (markdown || metadata.is_dir()).then_some(Found::Hidden(path));
        }
        if metadata.is_dir() {
            return self
                .enter(&path)
                .err()
                .map(|error| Found::Failed(ImportError::from_io(error).of(path, None)));
        }
        if !named && !markdown {
            return None;
        }
        if !metadata.is_file() {
            return Some(Found::Failed(ImportError::NotRegular.of(path, None)));
        }
        Some(Found::File {
            file: path,
            root: self.root.clone(),
        })
    }

    fn enter(&mut self, folder: &Path) -> io::Result<()> {
        if !self.entered.insert(folder.canonicalize()?) {
            return Ok(());
        }
        let mut entries = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        entries.sort_unstable();
        self.pending.extend(entries.into_iter().rev());
        Ok(())
    }
}

fn is_markdown(path: &Path) -> bool {
    path.extension()
        .and_then(OsStr::to_str)
        .is_some_and(|ending| {
            ENDINGS
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known))
        })
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes files (and folders above them) in a temporary folder.
    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        dir
    }

    /// What the walk finds below `root`, as short text.
    fn found(root: &Path) -> Vec<String> {
        let short = |path: &Path| {
            path.strip_prefix(root)
                .unwrap_or(path)
                .display()
                .to_string()
        };
        walk(&[root.to_owned()])
            .map(|found| match found {
                Found::File { file, .. } => short(&file),
                Found::Hidden(path) => format!("hidden {}", short(&path)),
                Found::Failed(error) => format!("failed {}: {}", short(&error.file), error.error),
            })
            .collect()
    }

    #[test]
    fn markdown_is_found_sorted_and_the_rest_skipped() {
        let names = [
            "b.md",
            "a/z.markdown",
            "a/b/c.mdx",
            "D.MDOWN",
            "note.txt",
            "md",
            "x.md.bak",
            "한글 이름.md",
            "ア#1.md",
            "%20.md",
        ];
        let dir = tree(&names);
        assert_eq!(
            found(dir.path()),
            [
                "%20.md",
                "D.MDOWN",
                "a/b/c.mdx",
                "a/z.markdown",
                "b.md",
                "ア#1.md",
                "한글 이름.md"
            ]
        );
    }

    #[test]
    fn hidden_paths_are_reported_but_a_named_root_is_read() {
        let dir = tree(&[".git/a.md", ".b.md", ".noise", "c.md", ".named/d.md"]);
        assert_eq!(
            found(dir.path()),
            ["hidden .b.md", "hidden .git", "hidden .named", "c.md"]
        );
        assert_eq!(found(&dir.path().join(".named")), ["d.md"]);
        assert_eq!(found(&dir.path().join(".b.md")), [""]);
        assert_eq!(found(&dir.path().join("./c.md")), [""]);
    }

    #[test]
    fn a_missing_root_is_a_failure_and_the_next_root_still_walked() {
        let dir = tree(&["a.md"]);
        let roots = [dir.path().join("nowhere"), dir.path().to_owned()];
        let all: Vec<_> = walk(&roots).collect();
        assert!(
            matches!(&all[0], Found::Failed(error) if error.to_string().ends_with("nowhere: no such file or folder; check the path"))
        );
        assert!(matches!(&all[1], Found::File { root, .. } if root == dir.path()));
        assert_eq!(all.len(), 2);
        assert_eq!(walk(&[PathBuf::new()]).count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once_and_loops_end() {
        use std::os::unix::fs::symlink;
        let dir = tree(&["a/one.md", "b/two.md"]);
        let at = |name: &str| dir.path().join(name);
        symlink(dir.path(), at("a/up")).unwrap();
        symlink(at("b"), at("a/across")).unwrap();
        symlink(at("a"), at("b/back")).unwrap();
        symlink(at("self.md"), at("self.md")).unwrap();
        symlink(at("gone"), at("gone.md")).unwrap();
        symlink(at("gone"), at("gone.txt")).unwrap();
        let found = found(dir.path());
        assert_eq!(found[..2], ["a/across/two.md", "a/one.md"]);
        assert!(
            found[2].starts_with("failed gone.md: no such file"),
            "{found:?}"
        );
        assert!(
            found[3].starts_with("failed self.md: cannot be read"),
            "{found:?}"
        );
        assert_eq!(found.len(), 4);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_not_regular_is_a_failure() {
        let dir = tree(&["a.md"]);
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("s.md")).unwrap();
        assert_eq!(
            found(dir.path()),
            ["a.md", "failed s.md: neither a regular file nor a folder"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_read_is_a_failure() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tree(&["shut/a.md", "z.md"]);
        let shut = dir.path().join("shut");
        fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).unwrap();
        let readable = fs::read_dir(&shut).is_ok();
        let found = found(dir.path());
        fs::set_permissions(&shut, fs::Permissions::from_mode(0o700)).unwrap();
        if readable {
            // The superuser may read every folder.
            assert_eq!(found, ["shut/a.md", "z.md"]);
        } else {
            assert!(
                found[0].starts_with("failed shut: cannot be read: permission denied"),
                "{found:?}"
            );
            assert_eq!(found[1], "z.md");
        }
    }
}
