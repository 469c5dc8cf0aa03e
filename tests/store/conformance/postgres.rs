//! A database of a private PostgreSQL.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::prelude::*;

use super::database::Database;
use super::samples::{NOON, add_read, after_noon, create, named, views, write};
use crate::model::time::HOUR;
use crate::model::{Batch, PostId, PostKey, TimestampMs, Viewer};
use crate::store::postgres::{PostgresLocation, PostgresStore};
use crate::store::traits::{
    ChangedElsewhere, LifecycleStore, MaintenanceStore, PostStore, StatsStore, ViewerStore,
};
use crate::store::{Store, StoreError, StoreOptions};

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

impl Postgres {
    fn try_open(&self) -> Result<PostgresStore, StoreError> {
        let location = PostgresLocation::parse(&self.url).expect("a URL");
        PostgresStore::open(&location, StoreOptions::default())
    }
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

/// Statements that the server was sent for one database.
fn statements(server: &server::Postgres, work: impl FnOnce()) -> usize {
    let sent = || {
        let log = server.log();
        let lines = log.lines();
        lines
            .filter(|line| line.contains("statement: ") || line.contains("execute "))
            .count()
    };
    let before = sent();
    work();
    sent() - before
}

#[test]
fn a_batch_takes_as_many_statements_however_large_it_is() {
    let Some(server) = server::Postgres::start() else {
        return;
    };
    let database = Postgres {
        url: server.create_database(),
    };
    let options = StoreOptions {
        dedup_window: Duration::from_secs(3600),
        ..StoreOptions::default()
    };
    let store = database.open(options);
    let posts = Vec::from_iter((0..300).map(|post| create(&*store, &format!("post-{post}"))));
    server.configure("log_statement", "all");
    let batch = |posts: &[PostId], viewers: i64, hours: i64| {
        let mut batch = Batch::default();
        for &post in posts {
            for hour in 0..hours {
                batch.add_views(post, after_noon(hour * HOUR), 3);
            }
            for viewer in 0..viewers {
                let known = named(&format!("viewer-{viewer}"));
                add_read(&mut batch, post, known, NOON);
                add_read(&mut batch, post, Viewer::Anonymous(-1 - viewer), NOON);
            }
        }
        batch
    };
    // The first of a connection is told more, and the first of a name gives it a number.
    write(&*store, &batch(&posts, 10, 1));
    let small = statements(&server, || drop(write(&*store, &batch(&posts[..1], 1, 1))));
    let large = statements(&server, || drop(write(&*store, &batch(&posts, 10, 24))));
    assert_eq!(small, large);
    assert!((5..25).contains(&small), "{small} statements");
}

#[test]
fn nodes_that_start_at_once_make_one_schema() {
    let Some(database) = private() else {
        return;
    };
    std::thread::scope(|scope| {
        let starting: Vec<_> = (0..10)
            .map(|_| scope.spawn(|| database.try_open().map(drop)))
            .collect();
        for start in starting {
            start.join().expect("no panic").expect("it opens");
        }
    });
    let store = database.try_open().expect("it opens");
    assert_eq!(create(&store, "a"), 1);
}

#[test]
fn a_later_schema_is_refused() {
    let Some(database) = private() else {
        return;
    };
    drop(database.try_open().expect("it opens"));
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')");
    let refused = database.try_open().map(drop);
    assert!(
        matches!(refused, Err(StoreError::Newer { .. })),
        "{refused:?}"
    );
}

#[test]
fn one_node_does_the_maintenance_until_it_ends() {
    let Some(database) = private() else {
        return;
    };
    let [first, second] = [(); 2].map(|()| database.try_open().expect("it opens"));
    let maintains = |store: &PostgresStore| MaintenanceStore::maintains(store).expect("an answer");
    assert!(maintains(&first) && !maintains(&second));
    assert!(maintains(&first));
    drop(first);
    let end = Instant::now() + Duration::from_secs(10);
    while !maintains(&second) {
        assert!(Instant::now() < end, "nobody takes over");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_edit_elsewhere_names_its_post_and_what_names_none_may_be_any() {
    let Some(database) = private() else {
        return;
    };
    let [ours, others] = [(); 2].map(|()| database.try_open().expect("it opens"));
    let changed = || MaintenanceStore::changed_elsewhere(&ours).expect("an answer");
    let posts = Vec::from_iter((0..3).map(|post| create(&others, &format!("post-{post}"))));
    let edit = |post: usize| {
        let content = super::samples::content(&format!("post-{post}"));
        others.update(posts[post], &content, None).expect("an edit");
    };
    assert_eq!(changed(), ChangedElsewhere::Everything, "the first time");
    edit(1);
    edit(2);
    let ChangedElsewhere::Posts(edited, _) = changed() else {
        panic!("not which");
    };
    assert_eq!(edited, posts[1..]);
    // This node's own come between: whoever made them knows of them.
    edit(0);
    create(&ours, "ours");
    let ChangedElsewhere::Posts(edited, _) = changed() else {
        panic!("not which");
    };
    assert!(
        edited.contains(&posts[0]) && !edited.contains(&posts[1]),
        "{edited:?}"
    );
    // An earlier version counts and tells no more.
    edit(0);
    database.execute("UPDATE writes SET alone = alone + 1");
    edit(0);
    assert_eq!(changed(), ChangedElsewhere::Everything);
    for _ in 0..=1_000 {
        edit(1);
    }
    assert_eq!(changed(), ChangedElsewhere::Everything, "more than is kept");
    edit(1);
    assert_eq!(
        changed(),
        ChangedElsewhere::Posts(vec![posts[1]], Vec::new())
    );
    others.forget_viewer("ann", &|| NOON).expect("an answer");
    assert_eq!(changed(), ChangedElsewhere::Everything);
}

/// A request may not wait until the server has sent the rest.
#[test]
fn a_ranking_that_is_stopped_reads_no_more_of_a_large_site() {
    let Some(database) = private() else {
        return;
    };
    let store = database.try_open().expect("it opens");
    database.execute(
        "INSERT INTO hourly_views SELECT post, 3600000 * hour, 1 \
         FROM generate_series(1, 10000) post, generate_series(1, 50) hour",
    );
    let timed = |go_on: &dyn Fn() -> bool| {
        let start = Instant::now();
        let ranked = store.rank(&[TimestampMs(0)], 10, go_on).expect("an answer");
        (ranked.map(|ranked| ranked.rows), start.elapsed())
    };
    let (rows, whole) = timed(&|| true);
    assert_eq!(rows, Some(500_000));
    let (rows, stopped) = timed(&|| false);
    assert_eq!(rows, None);
    assert!(stopped * 5 < whole, "{stopped:?} of {whole:?}");
}

#[test]
fn a_server_that_does_not_answer_is_given_up_and_used_again() {
    let Some(server) = server::Postgres::start() else {
        return;
    };
    let database = Postgres {
        url: server.create_database(),
    };
    let store = database.try_open().expect("it opens");
    let post = create(&store, "a");
    write(&store, &views(post, NOON, 1));
    server.freeze();
    let start = Instant::now();
    let answer = store.post(PostKey::Id(post));
    let took = start.elapsed();
    assert!(
        matches!(answer, Err(StoreError::Unavailable(_))),
        "{answer:?}"
    );
    assert!(took < Duration::from_secs(10), "{took:?}");
    server.go_on();
    let end = Instant::now() + Duration::from_secs(30);
    while store.post(PostKey::Id(post)).is_err() {
        assert!(Instant::now() < end, "it is not used again");
    }
}

#[test]
fn a_stop_waits_for_no_other_writer() {
    let Some(database) = private() else {
        return;
    };
    let store = database.try_open().expect("it opens");
    let post = create(&store, "a");
    let mut other = PgConnection::establish(&database.url).expect("it answers");
    diesel::sql_query("BEGIN")
        .execute(&mut other)
        .expect("it runs");
    let locked = diesel::sql_query("SELECT 1 FROM counts FOR UPDATE").execute(&mut other);
    assert_eq!(locked.expect("it runs"), 1);
    store.end_waits_by(Instant::now());
    let start = Instant::now();
    let batch = views(post, TimestampMs(NOON.0), 1);
    assert!(crate::sink::BatchSink::write(&store, &batch).is_err());
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_character_that_no_text_may_hold_is_refused_and_said() {
    let Some(database) = private() else {
        return;
    };
    let store = database.try_open().expect("it opens");
    let mut content = super::samples::content("a");
    content.body.push('\0');
    let refused = store.create(&content);
    let Err(StoreError::Refused(why)) = refused else {
        panic!("{refused:?}");
    };
    assert!(why.contains("U+0000"), "{why}");
    content.body.pop();
    store.create(&content).expect("a post");
}
