//! The schema, brought up to date by one node at a time.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::{Pg, PgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::locks;
use crate::store::error::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("src/store/postgres/migrations");

/// Brings the schema up to date. Of several nodes that start at once, one does and the others wait.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version.
pub fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    // Longer than any other wait: another node may be at a migration of all rows.
    connection.batch_execute("SET lock_timeout = '10min'")?;
    locks::hold_schema(connection)?;
    run_pending(connection)?;
    locks::release_schema(connection)
}

fn run_pending(connection: &mut PgConnection) -> Result<(), StoreError> {
    let unavailable = |error: Box<dyn std::error::Error + Send + Sync>| {
        StoreError::Unavailable(format!("cannot bring its schema up to date: {error}"))
    };
    let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(unavailable)?;
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
