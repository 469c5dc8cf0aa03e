//! A connection, and what it is told before it is used.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;

use super::deadlines::{Deadline, Deadlines};
use super::location::PostgresLocation;
use super::socket;
use crate::store::error::StoreError;
use crate::store::sql::errors::one_line;

/// How long a statement waits for a lock. A counter keeps its batch and tries again, and a client gets its 503 while it still
/// waits.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one statement may take: one that goes through all rows of a large site, such as an export. What requests ask for
/// is over in milliseconds, and has a deadline of its own; see [`WatchedConnection::limit_statements`].
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a transaction may stand still before the server ends it, and gives its locks back: whoever began it is gone, and
/// others wait. Between two statements of a transaction this program only computes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long what a new connection is told may take.
const SETUP_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection whose statements have a deadline.
pub struct WatchedConnection {
    connection: PgConnection,
    deadline: Arc<Deadline>,
}

impl WatchedConnection {
    /// Opens a connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], with the server's own words.
    pub fn open(
        location: &PostgresLocation,
        deadlines: &Deadlines,
    ) -> Result<WatchedConnection, StoreError> {
        let (established, socket) = socket::found_by(|| PgConnection::establish(&location.uri()));
        let mut connection =
            established.map_err(|error| StoreError::Unavailable(one_line(&error.to_string())))?;
        let deadline = deadlines.add(socket, SETUP_TIMEOUT);
        let noted = Arc::clone(&deadline);
        connection
            .set_instrumentation(move |event: InstrumentationEvent<'_>| noted.on_event(&event));
        let mut opened = WatchedConnection {
            connection,
            deadline,
        };
        let milliseconds =
            |name: &str, value: Duration| format!("SET {name} = {};", value.as_millis());
        let settings = [
            milliseconds("lock_timeout", LOCK_TIMEOUT),
            milliseconds("statement_timeout", STATEMENT_TIMEOUT),
            milliseconds("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
        ];
        opened.batch_execute(&settings.concat())?;
        Ok(opened)
    }

    /// Gives up the connection when a statement takes longer than this, from now on.
    pub fn limit_statements(&self, limit: Duration) {
        self.deadline.set_limit(limit);
    }
}

impl Drop for WatchedConnection {
    fn drop(&mut self) {
        self.deadline.forget_socket();
    }
}

impl Deref for WatchedConnection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for WatchedConnection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
