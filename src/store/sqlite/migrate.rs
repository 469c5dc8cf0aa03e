//! The schema, brought up to date.

use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::model::DedupWindow;
use crate::store::error::StoreError;
use crate::store::sql::schema::meta;
use crate::store::sql::schema_version::run_pending;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("src/store/sqlite/migrations");

/// Brings the schema up to date.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version.
pub fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    run_pending(connection, MIGRATIONS)
}

/// Takes the windows that are under way over from `viewings.counted_at`, which earlier versions decided by. Done once,
/// at the first start with a window: only then is known how long it is.
pub fn take_over_windows(
    connection: &mut SqliteConnection,
    window: DedupWindow,
) -> Result<(), StoreError> {
    if window == DedupWindow::NONE || is_taken_over(connection)? {
        return Ok(());
    }
    connection.immediate_transaction(|connection| {
        let first = diesel::sql_query(
            "INSERT INTO meta (key, value) VALUES ('windows_taken', 'yes') ON CONFLICT DO NOTHING",
        );
        if first.execute(connection)? == 0 {
            return Ok(());
        }
        let length = window.length();
        // Of earlier windows nothing is read any more, now that this version begins.
        diesel::sql_query(format!(
            "INSERT INTO counted_windows (post, viewer, start) \
             SELECT post, viewer, counted_at - counted_at % {length} FROM viewings \
             WHERE counted_at > 0 AND counted_at > (SELECT max(counted_at) FROM viewings) - {length}"
        ))
        .execute(connection)?;
        Ok(())
    })
}

/// Read without a lock: a start must not have to wait for who writes.
fn is_taken_over(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let found = meta::table.find("windows_taken").count();
    Ok(found.get_result::<i64>(connection)? > 0)
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::migration::{Migration, MigrationSource};
    use diesel::sqlite::Sqlite;
    use diesel_migrations::MigrationHarness;

    use super::super::search_fill;
    use super::*;
    use crate::store::sql::schema::site_numbers;

    fn found(connection: &mut SqliteConnection, term: &str) -> usize {
        let count = format!("SELECT rowid FROM post_search WHERE post_search MATCH '{term}'");
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            rowid: i64,
        }
        let rows: Vec<Row> = diesel::sql_query(count).load(connection).unwrap();
        rows.iter().filter(|row| row.rowid > 0).count()
    }

    /// A database of the version that had so many migrations.
    fn earlier(migrations: usize) -> SqliteConnection {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        // Makes the table of what was applied.
        connection.applied_migrations().unwrap();
        let earlier: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations().unwrap();
        for migration in &earlier[..migrations] {
            connection.run_migration(migration).unwrap();
        }
        connection
    }

    #[test]
    fn the_sites_numbers_of_an_earlier_version_are_summed_up() {
        let most = i64::MAX;
        for (rows, expected) in [
            ("", vec![]),
            (
                "INSERT INTO counts (post, views, viewers) VALUES (1, 7, 5), (2, 4, 0);
                 INSERT INTO ledger VALUES (0, 0, 'bot', 1), (1, 0, 'bot', 2), (1, 1, 'bot', 3), (1, 0, 'odd', 9);",
                vec![("bot", 6), ("viewers", 5), ("views", 11)],
            ),
            (
                "INSERT INTO counts (post, views, viewers) VALUES (1, 9223372036854775807, -7), (2, 9223372036854775807, 2);",
                vec![("viewers", -5), ("views", most)],
            ),
        ] {
            let mut connection = earlier(8);
            connection.batch_execute("PRAGMA foreign_keys = OFF;").unwrap();
            connection.batch_execute(rows).unwrap();
            migrate(&mut connection).unwrap();
            let stored: Vec<(String, i64)> = site_numbers::table
                .order(site_numbers::name)
                .load(&mut connection)
                .unwrap();
            let expected = expected.into_iter().map(|(name, number)| (name.to_owned(), number));
            assert_eq!(stored, expected.collect::<Vec<_>>());
        }
    }

    #[test]
    fn posts_of_an_index_without_blocks_are_indexed_anew() {
        let mut connection = earlier(8);
        connection
            .batch_execute(
                "INSERT INTO posts (id, slug, title, summary, body, tags, published_at, updated_at) \
                 VALUES (7, 'a', 'A title', '', '', '[]', 0, 0);
                 INSERT INTO post_search (rowid, terms) VALUES (7, 'tit');
                 DELETE FROM meta WHERE key = 'searchable_to'",
            )
            .unwrap();
        assert_eq!(found(&mut connection, "\u{F8FF}*"), 0);
        migrate(&mut connection).unwrap();
        search_fill::fill(&mut connection).unwrap();
        assert_eq!(found(&mut connection, "\u{F8FF}*"), 1);
        assert_eq!(found(&mut connection, "tit"), 1);
    }

    #[test]
    fn posts_of_a_version_without_an_index_are_indexed_once() {
        let mut connection = earlier(7);
        connection
            .batch_execute(
                "INSERT INTO posts (id, slug, title, title_key, summary, body, tags, published_at, updated_at) \
                 VALUES (7, 'a', 'A title', 'a title', '', '', '[]', 0, 0), (9, 'b', '조회', '', '', '', '[]', 0, 0)",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        search_fill::fill(&mut connection).unwrap();
        assert_eq!(found(&mut connection, "tit"), 1);
        assert_eq!(found(&mut connection, "조*"), 1);
        connection
            .batch_execute("DELETE FROM post_search WHERE rowid = 7")
            .unwrap();
        search_fill::fill(&mut connection).unwrap();
        assert_eq!(found(&mut connection, "tit"), 0, "not again");
    }
}
