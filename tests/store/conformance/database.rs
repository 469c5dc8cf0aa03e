//! The databases that the suite runs against.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::prelude::*;
use tempfile::TempDir;

use crate::model::PostId;
use crate::store::sqlite::SqliteStore;
use crate::store::url::SqliteLocation;
use crate::store::{Store, StoreOptions};

/// One empty database, and the stores opened on it.
pub trait Database {
    /// A store on this database. A second one is another handle to the same data.
    fn open(&self, options: StoreOptions) -> Arc<dyn Store>;

    /// Changes rows behind the store's back.
    fn execute(&self, sql: &str);

    /// Statements that take a post out of the index of words, and put one in that is not there.
    fn damage_to_search(&self, out: PostId, missing: PostId) -> [String; 2];

    /// Another empty database of the same kind.
    fn another(&self) -> Box<dyn Database>;
}

impl dyn Database + '_ {
    /// A store that counts every repeat.
    pub fn store(&self) -> Arc<dyn Store> {
        self.open(StoreOptions::default())
    }

    /// A store with a de-duplication window.
    pub fn store_with_window(&self, dedup_window: Duration) -> Arc<dyn Store> {
        self.open(StoreOptions {
            dedup_window,
            ..StoreOptions::default()
        })
    }
}

/// SQLite.
pub struct Sqlite {
    /// `None`: in memory.
    folder: Option<TempDir>,
    /// The store opened last.
    last: Mutex<Option<Arc<SqliteStore>>>,
}

impl Sqlite {
    pub fn in_a_file() -> Sqlite {
        Sqlite {
            folder: Some(tempfile::tempdir().expect("a folder")),
            last: Mutex::default(),
        }
    }

    pub fn in_memory() -> Sqlite {
        Sqlite {
            folder: None,
            last: Mutex::default(),
        }
    }
}

impl Database for Sqlite {
    fn open(&self, options: StoreOptions) -> Arc<dyn Store> {
        let mut last = self.last.lock().expect("no panic");
        let location = match (&self.folder, &*last) {
            (Some(folder), _) => SqliteLocation::File(folder.path().join("test.db")),
            (None, None) => SqliteLocation::Memory,
            // A database in memory has one handle: it is gone with it.
            (None, Some(store)) => return Arc::clone(store) as _,
        };
        let store = Arc::new(SqliteStore::open(&location, options).expect("it opens"));
        *last = Some(Arc::clone(&store));
        store
    }

    fn execute(&self, sql: &str) {
        let last = self.last.lock().expect("no panic");
        let store = last.as_ref().expect("a store is open");
        let run =
            |connection: &mut SqliteConnection| Ok(diesel::sql_query(sql).execute(connection)?);
        assert!(
            store.transact(run).expect("it runs") > 0,
            "{sql} changes nothing"
        );
    }

    fn damage_to_search(&self, out: PostId, missing: PostId) -> [String; 2] {
        [
            format!("DELETE FROM post_search WHERE rowid = {out}"),
            format!("INSERT INTO post_search (rowid, terms) VALUES ({missing}, 'abc')"),
        ]
    }

    fn another(&self) -> Box<dyn Database> {
        Box::new(match self.folder {
            Some(_) => Sqlite::in_a_file(),
            None => Sqlite::in_memory(),
        })
    }
}
