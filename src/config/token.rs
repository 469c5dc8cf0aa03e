//! The token that writing and viewer data need: given, read from a file, or made at the first start.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Random bytes of a token that is made here; its text is twice as long.
const RANDOM_BYTES: usize = 32;

/// The token's file in the database's folder.
const FILE_NAME: &str = "token";

/// The folder of the token's file where the store is no file.
const DEFAULT_FOLDER: &str = "data";

/// The secret that writing and viewer data need: printable ASCII without spaces, not empty. [`Debug`](fmt::Debug) does
/// not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why there is no token. The text never holds the token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The value of `--token`.
    #[error("--token must be printable ASCII without spaces; try one from: openssl rand -hex 32")]
    MalformedFlag,
    /// The content of a file.
    #[error(
        "the token in {} must be printable ASCII without spaces; try to delete the file, or --token-file with another", path.display()
    )]
    MalformedFile {
        /// Which file.
        path: PathBuf,
    },
    /// A file that is empty.
    #[error(
        "there is no token in {}, it is empty; write one into it (openssl rand -hex 32), or delete it and leave out --token-file: then one is made", path.display()
    )]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read the token from {}: {error}; try --token-file with another", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file that cannot be made.
    #[error("cannot make a token in {}: {error}; try --token-file", path.display())]
    NotMade {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Where a server's token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// `--token` or `--token-file`.
    Given(Token),
    /// Neither: this file, which is made if it is missing.
    Default(PathBuf),
}

impl TokenSource {
    /// Validates what the flags `--token` and `--token-file` give. Without them the token is in the file `token` beside
    /// `database`.
    ///
    /// # Errors
    /// When the token is malformed or its file cannot be read.
    pub fn new(
        given: Option<&str>,
        file: Option<&Path>,
        database: Option<&Path>,
    ) -> Result<TokenSource, TokenError> {
        Ok(match (given, file) {
            (Some(text), _) => {
                TokenSource::Given(Token::parse(text).ok_or(TokenError::MalformedFlag)?)
            }
            (None, Some(path)) => TokenSource::Given(Token::read(path)?),
            (None, None) => TokenSource::Default(default_path(database)),
        })
    }

    /// The token. Makes the default file with a random one if it is missing, and logs where it is.
    ///
    /// # Errors
    /// When the default file cannot be made or read, or holds no token.
    pub fn load(&self) -> Result<Token, TokenError> {
        let path = match self {
            TokenSource::Given(token) => return Ok(token.clone()),
            TokenSource::Default(path) => path,
        };
        let made = create(path).map_err(|error| TokenError::NotMade {
            path: path.clone(),
            error,
        })?;
        let token = Token::read(path)?;
        let verb = if made { "made" } else { "found" };
        tracing::info!("{verb} the token for writing in {}", path.display());
        Ok(token)
    }
}

impl Token {
    /// The token's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(path: &Path) -> Result<Token, TokenError> {
        let bytes = fs::read(path).map_err(|error| TokenError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
        if bytes.trim_ascii().is_empty() {
            return Err(TokenError::Empty {
                path: path.to_owned(),
            });
        }
        std::str::from_utf8(&bytes)
            .ok()
            .and_then(Token::parse)
            .ok_or_else(|| TokenError::MalformedFile {
                path: path.to_owned(),
            })
    }

    /// Reads a token, with white space around it or without.
    fn parse(text: &str) -> Option<Token> {
        let text = text.trim();
        let well_formed = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        well_formed.then(|| Token(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

fn default_path(database: Option<&Path>) -> PathBuf {
    match database {
        Some(database) => database.with_file_name(FILE_NAME),
        None => Path::new(DEFAULT_FOLDER).join(FILE_NAME),
    }
}

/// Makes the file with a random token unless it exists. Returns whether it was made.
///
/// The token is written to a file of another name first, which is then linked: the file appears with all of its
/// content, and of several processes that start at once one makes it and the others read it.
fn create(path: &Path) -> io::Result<bool> {
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let unfinished = path.with_file_name(format!("{FILE_NAME}.{}", random_hex(8)?));
    let written = write_new(&unfinished, &random_hex(RANDOM_BYTES)?);
    let linked = written.and_then(|()| fs::hard_link(&unfinished, path));
    // Left behind, it would be a file that nobody uses.
    let _ = fs::remove_file(&unfinished);
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes a file that must not exist and that only its owner can read.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn random_hex(bytes: usize) -> io::Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn load(database: &Path) -> Result<Token, TokenError> {
        TokenSource::new(None, None, Some(database))?.load()
    }

    #[test]
    fn a_token_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("new/folder/viewtally.db");
        let token = load(&database).unwrap();
        assert_eq!(token.as_str().len(), 2 * RANDOM_BYTES);
        let path = database.with_file_name("token");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap().trim(), token.as_str());
        assert_eq!(load(&database).unwrap(), token);
        let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(files, 1, "nothing else is left behind");
    }

    #[test]
    fn two_servers_have_different_tokens() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["a/x.db", "b/x.db"].map(|name| load(&folder.path().join(name)));
        assert_ne!(one.unwrap(), other.unwrap());
    }

    #[test]
    fn starts_at_the_same_time_agree_on_one_token() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let database = folder.path().join("viewtally.db");
            let barrier = std::sync::Barrier::new(8);
            let tokens: Vec<Token> = std::thread::scope(|scope| {
                let starts: Vec<_> = (0..8)
                    .map(|_| {
                        scope.spawn(|| {
                            barrier.wait();
                            load(&database).unwrap()
                        })
                    })
                    .collect();
                starts
                    .into_iter()
                    .map(|start| start.join().unwrap())
                    .collect()
            });
            assert!(tokens.iter().all(|token| *token == tokens[0]));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn an_existing_file_is_read_and_a_malformed_one_refused_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let database = folder.path().join("viewtally.db");
        fs::write(&path, "  s3cret\r\n").unwrap();
        assert_eq!(load(&database).unwrap().as_str(), "s3cret");
        for content in [
            &b""[..],
            b" \n",
            b"two words",
            b"s3cret\n\nmore",
            b"\xff\xfe",
            "né".as_bytes(),
        ] {
            fs::write(&path, content).unwrap();
            let error = load(&database).unwrap_err();
            let is_empty = matches!(error, TokenError::Empty { .. });
            assert_eq!(is_empty, content.trim_ascii().is_empty(), "{error}");
            let malformed = matches!(error, TokenError::MalformedFile { .. });
            assert!(is_empty || malformed, "{error}");
            assert!(error.to_string().contains("token"), "{error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    }

    #[test]
    fn a_given_token_comes_before_any_file_and_makes_none() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("viewtally.db");
        let file = folder.path().join("other");
        fs::write(&file, "from-file\n").unwrap();
        let of = |given, file| TokenSource::new(given, file, Some(&database))?.load();
        assert_eq!(of(Some("given"), None).unwrap().as_str(), "given");
        assert_eq!(of(None, Some(&file)).unwrap().as_str(), "from-file");
        assert!(matches!(
            of(Some(" "), None),
            Err(TokenError::MalformedFlag)
        ));
        let missing = folder.path().join("missing");
        assert!(matches!(
            of(None, Some(&missing)),
            Err(TokenError::Unreadable { .. })
        ));
        assert!(!folder.path().join("token").exists());
    }

    #[test]
    fn a_store_that_is_no_file_keeps_its_token_in_data() {
        assert_eq!(default_path(None), Path::new("data/token"));
        assert_eq!(default_path(Some(Path::new("x.db"))), Path::new("token"));
    }

    #[test]
    fn debug_shows_no_token() {
        let token = Token::parse("s3cret").unwrap();
        assert!(!format!("{token:?}").contains("s3cret"));
    }
}
