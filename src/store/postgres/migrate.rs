//! The schema, brought up to date by one node at a time.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::locks;
use crate::store::error::StoreError;
use crate::store::sql::schema_version::run_pending;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("src/store/postgres/migrations");

/// Brings the schema up to date, while nodes of the version before go on: what a migration adds, they need not know, and
/// nothing that they use goes. Of several nodes that start at once, one does and the others wait.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version.
pub fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    // Longer than any other wait: another node may be at a migration of all rows.
    connection.batch_execute("SET lock_timeout = '10min'")?;
    locks::hold_schema(connection)?;
    run_pending(connection, MIGRATIONS)?;
    locks::release_schema(connection)
}
