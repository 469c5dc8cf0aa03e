//! A schema brought up to date, whichever the database.

use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::store::error::StoreError;

/// Runs the migrations that the database does not have.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version.
pub fn run_pending<DB: Backend>(
    connection: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> Result<(), StoreError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let unavailable = |error: Box<dyn std::error::Error + Send + Sync>| {
        StoreError::Unavailable(format!("cannot bring its schema up to date: {error}"))
    };
    let known: Vec<Box<dyn Migration<DB>>> = migrations.migrations().map_err(unavailable)?;
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
        .run_pending_migrations(migrations)
        .map_err(unavailable)?;
    Ok(())
}
