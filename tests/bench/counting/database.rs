//! A connection to what is measured, beside the store: to fill it, and to ask what is in it.

use anyhow::{Context, Result};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// Where a database is.
#[derive(Clone)]
pub enum Place {
    /// A file.
    Sqlite(String),
    /// A server.
    #[cfg(feature = "postgres")]
    Postgres(String),
}

/// A connection.
pub enum Database {
    Sqlite(SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Place {
    /// As `--store` takes it.
    pub fn url(&self) -> String {
        match self {
            Place::Sqlite(file) => format!("sqlite:{file}"),
            #[cfg(feature = "postgres")]
            Place::Postgres(url) => url.clone(),
        }
    }

    pub fn connect(&self) -> Result<Database> {
        Ok(match self {
            Place::Sqlite(file) => Database::Sqlite(sqlite(file)?),
            #[cfg(feature = "postgres")]
            Place::Postgres(url) => Database::Postgres(diesel::PgConnection::establish(url)?),
        })
    }
}

impl Database {
    /// Runs statements.
    pub fn run(&mut self, statements: &str) -> Result<()> {
        match self {
            Database::Sqlite(connection) => connection.batch_execute(statements),
            #[cfg(feature = "postgres")]
            Database::Postgres(connection) => connection.batch_execute(statements),
        }
        .context("cannot prepare the database")
    }

    /// The one number, named `number`, that a query answers.
    pub fn number(&mut self, query: &str) -> Result<i64> {
        let query = diesel::sql_query(query);
        let row: Row = match self {
            Database::Sqlite(connection) => query.get_result(connection)?,
            #[cfg(feature = "postgres")]
            Database::Postgres(connection) => query.get_result(connection)?,
        };
        Ok(row.number)
    }
}

/// A connection to a file, set as the server's are.
pub fn sqlite(file: &str) -> Result<SqliteConnection> {
    let mut connection = SqliteConnection::establish(file)?;
    connection.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; \
         PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32768;",
    )?;
    Ok(connection)
}
