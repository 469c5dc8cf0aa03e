//! A bounded number of connections, lent to one thread each.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, PooledConnection};

use super::connect::WatchedConnection;
use super::deadlines::Deadlines;
use super::location::PostgresLocation;
use crate::store::error::StoreError;

/// A connection that was used within this time is believed to work; of another it is tried first.
const TRUSTED: Duration = Duration::from_secs(1);

/// How long a caller waits for a connection.
pub const WAIT: Duration = Duration::from_secs(2);

/// Connections of one kind.
pub type Pool = diesel::r2d2::Pool<Manager>;

/// One of them, lent.
pub type Lent = PooledConnection<Manager>;

/// Opens connections, and tells which still work.
pub struct Manager {
    location: PostgresLocation,
    deadlines: Deadlines,
}

/// A connection of a pool.
pub struct Pooled {
    pub connection: WatchedConnection,
    /// Set by whoever has found it broken: it is closed when it comes back.
    pub is_broken: bool,
    used: Instant,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = StoreError;

    fn connect(&self) -> Result<Pooled, StoreError> {
        Ok(Pooled {
            connection: WatchedConnection::open(&self.location, &self.deadlines)?,
            is_broken: false,
            used: Instant::now(),
        })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), StoreError> {
        if pooled.used.elapsed() > TRUSTED {
            pooled.connection.limit_statements(WAIT);
            diesel::sql_query("SELECT 1").execute(&mut *pooled.connection)?;
        }
        pooled.used = Instant::now();
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        // A panic may have left it in the middle of something.
        pooled.is_broken || std::thread::panicking()
    }
}

/// Makes a pool of at most `size` connections, of which none need work yet.
pub fn pool(location: &PostgresLocation, deadlines: &Deadlines, size: u32) -> Pool {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .max_lifetime(None)
        .idle_timeout(Some(Duration::from_secs(300)))
        .test_on_check_out(true)
        .connection_timeout(WAIT)
        .build_unchecked(Manager {
            location: location.clone(),
            deadlines: deadlines.clone(),
        })
}
