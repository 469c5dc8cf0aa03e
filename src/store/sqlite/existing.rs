//! Database files that exist already: what they are, before anything is written to them.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::file::DatabaseFile;
use super::readers::BUSY_TIMEOUT;
use crate::store::error::StoreError;

/// The first bytes of an SQLite database (sqlite.org/fileformat.html, section 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Opens a database that exists, and makes none.
pub fn open(path: &Path) -> Result<SqliteConnection, StoreError> {
    let file = DatabaseFile::at(path).ok_or_else(|| {
        StoreError::Unavailable("no such file; check the path of --store".to_owned())
    })?;
    let mut connection = SqliteConnection::establish(&file.url())
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = {};",
        BUSY_TIMEOUT.as_millis()
    ))?;
    Ok(connection)
}

/// Refuses what is at `path` unless it is nothing, an empty file, or a database of this program.
///
/// # Errors
/// [`StoreError::Refused`], with what to try; [`StoreError::Unavailable`] when it cannot be read.
pub fn check(path: &Path) -> Result<(), StoreError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            let inside = path.join("viewtally.db");
            return Err(StoreError::Refused(format!(
                "it is a folder; name a file in it, such as sqlite:{}",
                inside.display()
            )));
        }
        Ok(found) if found.is_file() && found.len() > 0 => {}
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(unreadable(&error));
        }
        // SQLite says what it makes of anything else.
        _ => return Ok(()),
    }
    let mut magic = [0; MAGIC.len()];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    match read {
        Ok(()) if magic == *MAGIC => {}
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            return Err(unreadable(&error));
        }
        _ => {
            return Err(StoreError::Refused(
                "the file is no SQLite database; it is left as it is, try --store with another path"
                    .to_owned(),
            ));
        }
    }
    if is_foreign(&mut open(path)?)? {
        return Err(StoreError::Refused(
            "it is the database of another application; it is left as it is, try --store with another path"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Why the system refused a file or a folder.
pub fn unreadable(error: &io::Error) -> StoreError {
    StoreError::Unavailable(match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    })
}

/// Why SQLite could not open a file for writing: it says only that it could not.
pub fn explain(error: StoreError, path: &Path) -> StoreError {
    let is_there = path.exists();
    let tried = fs::OpenOptions::new()
        .write(true)
        .create_new(!is_there)
        .open(path);
    match tried {
        Err(error) => unreadable(&error),
        Ok(_) => {
            if !is_there {
                // Made by the attempt alone.
                let _ = fs::remove_file(path);
            }
            error
        }
    }
}

/// Whether it has tables, and not those that this program makes first.
fn is_foreign(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Tables {
        #[diesel(sql_type = BigInt)]
        all: i64,
        #[diesel(sql_type = BigInt)]
        own: i64,
    }
    // Diesel makes its own table before the first migration.
    let tables: Tables = diesel::sql_query(
        "SELECT COUNT(*) AS \"all\", COUNT(CASE WHEN name IN ('hourly_views', 'ledger', 'counts') THEN 1 END) AS own \
         FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND name <> '__diesel_schema_migrations'",
    )
    .get_result(connection)?;
    Ok(tables.all > 0 && tables.own < 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nothing_and_own_databases_pass() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        assert!(check(&path).is_ok(), "there is nothing");
        fs::write(&path, "").unwrap();
        assert!(check(&path).is_ok(), "it is empty");
        let refused = |path: &Path| match check(path) {
            Err(StoreError::Refused(why)) => why,
            other => panic!("{other:?}"),
        };
        assert!(refused(folder.path()).contains("it is a folder"));
        for text in ["short", "longer than the first bytes of a database"] {
            fs::write(&path, text).unwrap();
            assert!(refused(&path).contains("no SQLite database"), "{text}");
        }
        fs::remove_file(&path).unwrap();
        let make = |sql: &str| {
            let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            connection.batch_execute(sql).unwrap();
        };
        make("CREATE TABLE __diesel_schema_migrations (version TEXT);");
        assert!(check(&path).is_ok(), "its first start was cut short");
        make("CREATE TABLE bookmarks (url TEXT); CREATE TABLE counts (n INTEGER);");
        let before = fs::read(&path).unwrap();
        assert!(refused(&path).contains("another application"));
        assert_eq!(fs::read(&path).unwrap(), before);
        make("CREATE TABLE ledger (n INTEGER); CREATE TABLE hourly_views (n INTEGER);");
        assert!(check(&path).is_ok());
    }
}
