//! The database read behind the server's back: what was really written.

use std::collections::HashMap;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;

/// A connection to a server's database file.
pub struct Database(SqliteConnection);

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct NamedViews {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    views: i64,
}

impl Database {
    pub fn open(file: &Path) -> Self {
        assert!(file.exists(), "there is no database {}", file.display());
        let mut connection =
            SqliteConnection::establish(&file.to_string_lossy()).expect("the database opens");
        connection
            .batch_execute("PRAGMA busy_timeout = 20000")
            .expect("a pragma");
        Self(connection)
    }

    /// All views of all posts.
    pub fn views(&mut self) -> i64 {
        self.number("SELECT coalesce(sum(views), 0) AS number FROM counts")
    }

    pub fn views_of(&mut self, post: i64) -> i64 {
        self.number(&format!(
            "SELECT coalesce(sum(views), 0) AS number FROM counts WHERE post = {post}"
        ))
    }

    /// How many views each viewer who has a name was counted for, on all posts together.
    pub fn views_by_name(&mut self) -> HashMap<String, i64> {
        diesel::sql_query(
            "SELECT name, CAST(sum(views) AS BIGINT) AS views
             FROM viewings JOIN viewers ON viewers.id = viewings.viewer GROUP BY viewers.id",
        )
        .load::<NamedViews>(&mut self.0)
        .expect("names and numbers")
        .into_iter()
        .map(|row| (row.name, row.views))
        .collect()
    }

    /// All that the ledger holds under this reason.
    pub fn uncounted(&mut self, reason: &str) -> i64 {
        // The reason may be kept as a word or as a number; the whole ledger is asked for through `ledger`.
        self.number(&format!(
            "SELECT coalesce(sum(count), 0) AS number FROM ledger WHERE reason = '{reason}'"
        ))
    }

    /// All that the ledger holds, whatever the reason.
    pub fn ledger(&mut self) -> i64 {
        self.number("SELECT coalesce(sum(count), 0) AS number FROM ledger")
    }

    /// The one number, named `number`, that a query answers.
    pub fn number(&mut self, query: &str) -> i64 {
        diesel::sql_query(query)
            .get_result::<Number>(&mut self.0)
            .expect("a number")
            .number
    }

    pub fn execute(&mut self, statements: &str) {
        self.try_execute(statements).expect("the statements run");
    }

    /// For statements that may be refused.
    pub fn try_execute(&mut self, statements: &str) -> QueryResult<()> {
        self.0.batch_execute(statements)
    }

    /// Asks SQLite whether the file is sound.
    pub fn assert_sound(&mut self) {
        let wrong = self.number(
            "SELECT count(*) AS number FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        );
        assert_eq!(wrong, 0, "the database is damaged");
    }
}
