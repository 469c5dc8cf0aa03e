//! Posts, batches and questions that many tests need.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::model::time::{DAY, HOUR};
use crate::model::{
    Batch, Inconsistency, ListQuery, Page, PostContent, PostId, PostKey, PostStats, Record,
    TimestampMs, Viewer, Visit,
};
use crate::sink::{BatchResult, SinkError, Written};
use crate::store::traits::PostStore;
use crate::store::{KnownLog, LogProgress, Store, StoreError};

/// A moment at the start of an hour in the middle of a day.
pub const NOON: TimestampMs = TimestampMs(20_000 * DAY + 12 * HOUR);

/// So many milliseconds after [`NOON`].
pub fn after_noon(ms: i64) -> TimestampMs {
    TimestampMs(NOON.0 + ms)
}

pub fn content(slug: &str) -> PostContent {
    PostContent {
        slug: slug.to_owned(),
        title: format!("Title of {slug}"),
        summary: "A summary".to_owned(),
        body: format!("Body of {slug}"),
        tags: vec!["rust".to_owned()],
        published_at: NOON,
        updated_at: NOON,
    }
}

/// Creates a post.
pub fn create(store: &dyn Store, slug: &str) -> PostId {
    store.create(&content(slug)).expect("a post").id
}

/// A batch of plain views.
pub fn views(post: PostId, at: TimestampMs, n: u64) -> Batch {
    let mut batch = Batch::default();
    batch.add_views(post, at, n);
    batch
}

/// Adds one read by a viewer.
pub fn add_read(batch: &mut Batch, post: PostId, viewer: Viewer, at: TimestampMs) {
    let visit = Visit {
        first: at.0,
        last: at.0,
        count: 1,
    };
    batch.add_visit(post, &viewer, visit);
}

/// A batch of one viewer's reads of one post.
pub fn reads(post: PostId, viewer: &Viewer, at: &[TimestampMs]) -> Batch {
    let mut batch = Batch::default();
    for &at in at {
        add_read(&mut batch, post, viewer.clone(), at);
    }
    batch
}

pub fn named(name: &str) -> Viewer {
    Viewer::Named(name.into())
}

/// How far a log is that was imported whole, and never before.
pub fn whole_log(head: &str, created: Vec<PostId>) -> LogProgress {
    LogProgress {
        known: KnownLog::Nothing { alike: 0 },
        head: head.to_owned(),
        bytes: 9,
        hash: "hash".to_owned(),
        at: NOON,
        created,
    }
}

/// Writes a batch as a counter does.
pub fn write(store: &dyn Store, batch: &Batch) -> BatchResult {
    match store.write(batch).expect("a write") {
        Written::Applied(result) => result,
        Written::Durable(_) => panic!("a store counts at once"),
    }
}

/// How long anything may be busy before a test fails.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Writes a batch, again while the store is busy.
pub fn write_patiently(store: &dyn Store, batch: &Batch) {
    let start = Instant::now();
    loop {
        match store.write(batch) {
            Ok(_) => return,
            Err(SinkError::Busy(_)) if start.elapsed() < TIMEOUT => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Does something, again while the store is busy.
pub fn retry_while_busy<T>(
    mut work: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let start = Instant::now();
    loop {
        match work() {
            Err(StoreError::Busy(_)) if start.elapsed() < TIMEOUT => {}
            result => return result,
        }
    }
}

/// The numbers of a post.
pub fn stats(store: &dyn Store, post: PostId) -> PostStats {
    let (id, stats) = store
        .tally(PostKey::Id(post))
        .expect("numbers")
        .expect("a post");
    assert_eq!(id.id, post);
    stats
}

/// A post's views and viewers.
pub fn counts(store: &dyn Store, post: PostId) -> (i64, i64) {
    let stats = stats(store, post);
    (stats.views, stats.viewers)
}

/// Forgets a named viewer at a time. Returns whether there was one.
pub fn forget(store: &dyn Store, name: &str, at: TimestampMs) -> bool {
    store.forget_viewer(name, &|| at).expect("an answer")
}

/// What `check` finds.
pub fn findings(store: &dyn Store, repair: bool) -> Vec<Inconsistency> {
    let mut findings = Vec::new();
    let checked = store
        .check(repair, &mut |finding| {
            findings.push(finding);
            ControlFlow::Continue(())
        })
        .expect("a check");
    assert_eq!(checked.found, findings.len() as u64);
    assert_eq!(checked.left, if repair { 0 } else { checked.found });
    findings
}

/// Fails unless every sum is right.
pub fn assert_consistent(store: &dyn Store) {
    assert_eq!(findings(store, false), []);
}

/// Everything in a store.
pub fn export(store: &dyn Store) -> Vec<Record> {
    let mut records = Vec::new();
    store
        .export(&mut |record| {
            records.push(record);
            ControlFlow::Continue(())
        })
        .expect("an export");
    records
}

/// All items of a list, from pages of `limit` each.
pub fn all_pages<T>(limit: usize, mut page: impl FnMut(&ListQuery) -> Page<T>) -> Vec<T> {
    let mut query = ListQuery {
        limit,
        ..ListQuery::default()
    };
    let mut all = Vec::new();
    loop {
        let found = page(&query);
        assert!(found.items.len() <= limit);
        all.extend(found.items);
        assert!(all.len() < 10_000, "the list has no end");
        match found.next {
            Some(next) => query.after = Some(next),
            None => return all,
        }
    }
}

/// The slugs of a list, from pages of `limit` each.
pub fn listed(store: &dyn Store, query: &ListQuery, limit: usize) -> Vec<String> {
    let page = |paged: &ListQuery| {
        let query = ListQuery {
            after: paged.after,
            limit,
            ..query.clone()
        };
        PostStore::list(store, &query).expect("a list")
    };
    all_pages(limit, page)
        .into_iter()
        .map(|post| post.slug)
        .collect()
}
