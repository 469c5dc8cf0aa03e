//! One instance for a whole test process.

use std::sync::OnceLock;

use super::instance::Postgres;

/// The one instance of this test process, started by the first who asks; `None` where PostgreSQL is absent.
///
/// It is for tests that need no more than a database of their own in it.
pub fn shared() -> Option<&'static Postgres> {
    static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
    SHARED.get_or_init(Postgres::start).as_ref()
}
