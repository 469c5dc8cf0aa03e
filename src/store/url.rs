//! The value of `--store`: which database, and where.

use std::path::{Path, PathBuf};
use std::str::FromStr;

#[cfg(feature = "postgres")]
use super::postgres::PostgresLocation;

/// Where what belongs to a store that is no file lies: its journal, beside the token.
#[cfg(feature = "postgres")]
const FILES: &str = "data/viewtally";

/// A parsed `--store`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sqlite:PATH` or `sqlite::memory:`.
    Sqlite(SqliteLocation),
    /// `postgres://…`.
    #[cfg(feature = "postgres")]
    Postgres(PostgresLocation),
}

/// Where an SQLite database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqliteLocation {
    /// In a file; a missing folder is created.
    File(PathBuf),
    /// In the memory of this process.
    Memory,
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<StoreUrl, String> {
        #[cfg(feature = "postgres")]
        if let Some(location) = PostgresLocation::parse(text) {
            return Ok(StoreUrl::Postgres(location));
        }
        #[cfg(not(feature = "postgres"))]
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Err(
                "this viewtally was built without PostgreSQL; try one built with --features postgres"
                    .to_owned(),
            );
        }
        match text.strip_prefix("sqlite:") {
            Some(":memory:") => Ok(StoreUrl::Sqlite(SqliteLocation::Memory)),
            Some(path) if !path.is_empty() => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Ok(StoreUrl::Sqlite(SqliteLocation::File(path.into())))
            }
            _ => Err(format!(
                "{text:?} names no store; try sqlite:data/viewtally.db, sqlite::memory: or postgres://HOST/DATABASE"
            )),
        }
    }
}

impl StoreUrl {
    /// The file of the store, if it is in one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            StoreUrl::Sqlite(SqliteLocation::File(path)) => Some(path),
            StoreUrl::Sqlite(SqliteLocation::Memory) => None,
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(_) => None,
        }
    }

    /// The path that files of this process which belong to the store are named after, such as its journal. A store in memory
    /// is gone with its process, and has none.
    pub fn files(&self) -> Option<&Path> {
        match self {
            StoreUrl::Sqlite(_) => self.file(),
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(_) => Some(Path::new(FILES)),
        }
    }
}

impl std::fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreUrl::Sqlite(SqliteLocation::File(path)) => write!(f, "{}", path.display()),
            StoreUrl::Sqlite(SqliteLocation::Memory) => f.write_str("sqlite::memory:"),
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(location) => location.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_files_and_memory_and_refuses_the_rest() {
        let file = |path: &str| StoreUrl::Sqlite(SqliteLocation::File(path.into()));
        assert_eq!("sqlite:data/a.db".parse(), Ok(file("data/a.db")));
        assert_eq!("sqlite:///var/a.db".parse(), Ok(file("/var/a.db")));
        assert_eq!(
            "sqlite::memory:".parse(),
            Ok(StoreUrl::Sqlite(SqliteLocation::Memory))
        );
        for bad in ["", "data/a.db", "sqlite:", "mysql://x"] {
            assert!(bad.parse::<StoreUrl>().is_err(), "{bad}");
        }
    }
}
