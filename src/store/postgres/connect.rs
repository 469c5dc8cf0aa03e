//! A connection, and what it is told before it is used.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::location::PostgresLocation;
use crate::store::error::StoreError;

/// How long a statement waits for a lock. A counter keeps its batch and tries again, and a client gets its 503 while it still
/// waits.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one statement may take: one that goes through all rows of a large site, such as an export. What is asked for
/// by requests is over in milliseconds.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a transaction may stand still before the server ends it, and gives its locks back: this process has stopped.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Opens a connection.
///
/// # Errors
/// [`StoreError::Unavailable`], with the server's own words.
pub fn connect(location: &PostgresLocation) -> Result<PgConnection, StoreError> {
    let mut connection = PgConnection::establish(&location.uri())
        .map_err(|error| StoreError::Unavailable(error.to_string().trim().to_owned()))?;
    let milliseconds = |name: &str, value: Duration| format!("SET {name} = {};", value.as_millis());
    connection.batch_execute(
        &[
            milliseconds("lock_timeout", LOCK_TIMEOUT),
            milliseconds("statement_timeout", STATEMENT_TIMEOUT),
            milliseconds("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
            // What a commit survives is decided for each transaction; times are numbers here.
            "SET timezone = 'UTC';".to_owned(),
        ]
        .concat(),
    )?;
    Ok(connection)
}
