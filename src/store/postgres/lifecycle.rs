//! PostgreSQL from the start to the stop.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

use super::store::PostgresStore;
use crate::store::error::StoreError;
use crate::store::traits::LifecycleStore;

/// How long a try may take.
const TRY_LIMIT: Duration = Duration::from_secs(5);

impl LifecycleStore for PostgresStore {
    fn try_writing(&self) -> Result<(), StoreError> {
        self.share(TRY_LIMIT, |connection| {
            Ok(connection.batch_execute("DELETE FROM posts WHERE false")?)
        })
    }

    fn end_waits_by(&self, deadline: Instant) {
        self.deadline().get_or_init(|| deadline);
    }

    fn replaced(&self) -> Option<String> {
        None
    }
}
