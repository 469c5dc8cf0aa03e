//! A database of a private PostgreSQL.

use std::sync::Arc;

use diesel::prelude::*;

use super::database::Database;
use crate::model::PostId;
use crate::store::postgres::{PostgresLocation, PostgresStore};
use crate::store::{Store, StoreOptions};

#[path = "../../support/postgres/mod.rs"]
mod server;

/// A database in the one server of this process; `None` where there is no PostgreSQL.
pub fn private() -> Option<Postgres> {
    let Some(server) = server::shared() else {
        crate::test_support::missing(server::MISSING);
        return None;
    };
    Some(Postgres {
        url: server.create_database(),
    })
}

/// PostgreSQL.
pub struct Postgres {
    url: String,
}

impl Database for Postgres {
    fn open(&self, options: StoreOptions) -> Arc<dyn Store> {
        let location = PostgresLocation::parse(&self.url).expect("a URL");
        Arc::new(PostgresStore::open(&location, options).expect("it opens"))
    }

    fn execute(&self, sql: &str) {
        let mut connection = PgConnection::establish(&self.url).expect("it answers");
        let changed = diesel::sql_query(sql).execute(&mut connection);
        assert!(changed.expect("it runs") > 0, "{sql} changes nothing");
    }

    fn damage_to_search(&self, out: PostId, missing: PostId) -> [String; 2] {
        [
            format!("DELETE FROM post_search WHERE post = {out}"),
            format!("INSERT INTO post_search (post, terms) VALUES ({missing}, '{{abc}}')"),
        ]
    }

    fn another(&self) -> Box<dyn Database> {
        Box::new(private().expect("there is one"))
    }
}
