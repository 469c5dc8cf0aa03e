//! The schema, brought up to date.

use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::model::DedupWindow;
use crate::store::error::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("src/store/sqlite/migrations");

/// Brings the schema up to date.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version.
pub fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let unavailable = |error: Box<dyn std::error::Error + Send + Sync>| {
        StoreError::Unavailable(format!("cannot bring its schema up to date: {error}"))
    };
    let known: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations().map_err(unavailable)?;
    let newest_known = known
        .iter()
        .map(|migration| migration.name().version())
        .max();
    let applied = connection.applied_migrations().map_err(unavailable)?;
    if let (Some(found), Some(known)) = (applied.into_iter().max(), newest_known)
        && found > known
    {
        return Err(StoreError::Newer {
            found: found.to_string(),
            known: known.to_string(),
        });
    }
    connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(unavailable)?;
    Ok(())
}

/// Takes the windows that are under way over from `viewings.counted_at`, which earlier versions decided by. Done once,
/// at the first start with a window: only then is known how long it is.
pub fn take_over_windows(
    connection: &mut SqliteConnection,
    window: DedupWindow,
) -> Result<(), StoreError> {
    if window == DedupWindow::NONE {
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
