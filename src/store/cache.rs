//! Posts in memory, ready to be sent: a read-through cache bounded in bytes.
//!
//! An entry holds the post's JSON up to its numbers, and the numbers as atomics that are raised after each commit.
//! Two races could leave an entry old for ever, and are closed here by counting what happens:
//! a post changed between another thread's read and its insertion (`edits`), and a commit in that same gap
//! (`commits`). Who inserts looks again afterwards, and mends what it missed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::{Cache, GuardResult};
use serde::Serialize;

use super::error::StoreError;
use super::traits::Store;
use crate::model::{Batch, Post, PostContent, PostId, PostKey, Revision, TimestampMs};
use crate::sink::{BatchResult, BatchSink, SinkError, Written};

/// A post as it is served.
#[derive(Debug)]
pub struct CachedPost {
    /// Its number.
    pub id: PostId,
    /// Its content's revision.
    pub revision: Revision,
    /// Its JSON object up to and including `"views":`.
    json: Box<[u8]>,
    /// Views counted so far. Raised after each commit, never lowered: a correction replaces the entry.
    views: AtomicI64,
    /// Distinct viewers so far; as `views`.
    viewers: AtomicI64,
    slug: Box<str>,
}

/// The post's JSON is this, then the views, then this, then the viewers, then this.
pub const JSON_BETWEEN: &[u8] = b",\"viewers\":";
/// See [`JSON_BETWEEN`].
pub const JSON_END: &[u8] = b"}";

impl AsRef<[u8]> for CachedPost {
    /// The JSON up to and including `"views":`.
    fn as_ref(&self) -> &[u8] {
        self.json_before_views()
    }
}

impl CachedPost {
    /// Serialises a post.
    pub fn new(post: &Post) -> CachedPost {
        CachedPost {
            id: post.id,
            revision: post.revision,
            json: json_before_views(post.id, &post.content).into(),
            views: AtomicI64::new(post.views),
            viewers: AtomicI64::new(post.viewers),
            slug: post.content.slug.as_str().into(),
        }
    }

    /// Its JSON object up to and including `"views":`.
    pub fn json_before_views(&self) -> &[u8] {
        &self.json
    }

    /// Views counted so far.
    pub fn views(&self) -> i64 {
        self.views.load(Ordering::Relaxed)
    }

    /// Distinct viewers so far.
    pub fn viewers(&self) -> i64 {
        self.viewers.load(Ordering::Relaxed)
    }

    fn raise(&self, views: i64, viewers: i64) {
        self.views.fetch_max(views, Ordering::Relaxed);
        self.viewers.fetch_max(viewers, Ordering::Relaxed);
    }
}

#[derive(Serialize)]
struct Fields<'a> {
    id: PostId,
    slug: &'a str,
    title: &'a str,
    summary: &'a str,
    body: &'a str,
    tags: &'a [String],
    published_at: TimestampMs,
    updated_at: TimestampMs,
}

fn json_before_views(id: PostId, content: &PostContent) -> Vec<u8> {
    let fields = Fields {
        id,
        slug: &content.slug,
        title: &content.title,
        summary: &content.summary,
        body: &content.body,
        tags: &content.tags,
        published_at: content.published_at,
        updated_at: content.updated_at,
    };
    let mut json = serde_json::to_vec(&fields).expect("the fields are strings and numbers");
    json.pop();
    json.extend_from_slice(b",\"views\":");
    json
}

/// How long a reader waits for another's reading of the same post: what each of them would wait for a lock and a
/// connection to read with.
const PATIENCE: Duration = Duration::from_secs(2);

fn took_too_long() -> StoreError {
    StoreError::Busy("the post is being read by another thread".to_owned())
}

#[derive(Clone)]
struct Bytes;

/// What an entry costs beside its text: itself, its reference count, and its two places in the maps.
const ENTRY_OVERHEAD: usize = 256;

impl Weighter<PostId, Arc<CachedPost>> for Bytes {
    fn weight(&self, _: &PostId, post: &Arc<CachedPost>) -> u64 {
        (post.json.len() + 2 * post.slug.len() + ENTRY_OVERHEAD) as u64
    }
}

/// A store with its cache in front. All of this process's reads of single posts and all of its writes go through it.
pub struct CachedStore {
    store: Arc<dyn Store>,
    posts: Cache<PostId, Arc<CachedPost>, Bytes>,
    /// Slugs of posts that are or were in `posts`, bounded in number. A hint: an entry counts only if the post it
    /// leads to still bears the slug.
    slugs: Cache<Box<str>, PostId>,
    /// Counts edits and deletions of posts.
    edits: AtomicU64,
    /// Counts commits of batches.
    commits: AtomicU64,
    /// Counts batches whose writing began, and those whose writing ended, well or not.
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A state of the store's numbers, as far as this process can tell: see [`CachedStore::version`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    begun: u64,
    ended: u64,
    edits: u64,
}

impl Version {
    /// Whether nothing was being written. What is read while something is may be old at once.
    pub fn is_settled(self) -> bool {
        self.begun == self.ended
    }
}

impl CachedStore {
    /// Puts a cache of at most `capacity` bytes before `store`.
    pub fn new(store: Arc<dyn Store>, capacity: u64) -> CachedStore {
        // The bookkeeping is laid out for posts of 2 KB; more of them than that only makes it grow.
        let entries = usize::try_from(capacity / 2048)
            .unwrap_or(usize::MAX)
            .max(16);
        CachedStore {
            store,
            posts: Cache::with_weighter(entries, capacity, Bytes),
            slugs: Cache::new(entries),
            edits: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
        }
    }

    /// What has been written so far. Of two equal ones that are settled, the first taken before a read, that read is
    /// still good at the second: a commit nobody could have seen yet may be missing, but no other.
    pub fn version(&self) -> Version {
        // In this order: equal numbers then mean that nothing was being written in between.
        let ended = self.ended.load(Ordering::SeqCst);
        Version {
            begun: self.begun.load(Ordering::SeqCst),
            ended,
            edits: self.edits.load(Ordering::SeqCst),
        }
    }

    /// The store behind it.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// A post, if it is in memory.
    pub fn cached(&self, key: PostKey<'_>) -> Option<Arc<CachedPost>> {
        match key {
            PostKey::Id(id) => self.posts.get(&id),
            PostKey::Slug(slug) => self
                .slugs
                .get(slug)
                .and_then(|id| self.posts.get(&id))
                .filter(|post| *post.slug == *slug),
        }
    }

    /// A post, from memory or from the store; `None` if there is none.
    ///
    /// # Errors
    /// See [`Store::post`]; `Busy` also when another thread's reading takes too long.
    pub fn post(&self, key: PostKey<'_>) -> Result<Option<Arc<CachedPost>>, StoreError> {
        match self.cached(key) {
            Some(post) => Ok(Some(post)),
            None => self.load(key),
        }
    }

    /// A post from the store, which from now on is in memory; `None` if there is none. Of many who ask for the same
    /// post at once, one reads it and the others wait for that: a large post that is asked for by hundreds the moment
    /// it was edited would otherwise be read and serialised hundreds of times.
    ///
    /// # Errors
    /// See [`Store::post`]; `Busy` also when another thread's reading takes too long.
    fn load(&self, key: PostKey<'_>) -> Result<Option<Arc<CachedPost>>, StoreError> {
        match key {
            PostKey::Id(id) => match self.posts.get_value_or_guard(&id, Some(PATIENCE)) {
                GuardResult::Value(post) => Ok(Some(post)),
                GuardResult::Guard(guard) => self.read(key, |post| {
                    self.slugs.insert(post.slug.clone(), id);
                    // If it was removed meanwhile it need not be kept.
                    let _ = guard.insert(Arc::clone(post));
                }),
                GuardResult::Timeout => Err(took_too_long()),
            },
            PostKey::Slug(slug) => match self
                .slugs
                .get_value_or_guard(&Box::from(slug), Some(PATIENCE))
            {
                GuardResult::Value(id) => match self.load(PostKey::Id(id))? {
                    Some(post) if *post.slug == *slug => Ok(Some(post)),
                    // An old hint.
                    _ => self.read(key, |post| self.keep(post)),
                },
                GuardResult::Guard(guard) => self.read(key, |post| {
                    self.posts.insert(post.id, Arc::clone(post));
                    // As above.
                    let _ = guard.insert(post.id);
                }),
                GuardResult::Timeout => Err(took_too_long()),
            },
        }
    }

    /// Reads a post and has it kept, and mends what happened in between.
    fn read(
        &self,
        key: PostKey<'_>,
        keep: impl FnOnce(&Arc<CachedPost>),
    ) -> Result<Option<Arc<CachedPost>>, StoreError> {
        let edits = self.edits.load(Ordering::SeqCst);
        let commits = self.commits.load(Ordering::SeqCst);
        let Some(post) = self.store.post(key)? else {
            return Ok(None);
        };
        let cached = Arc::new(CachedPost::new(&post));
        keep(&cached);
        if self.edits.load(Ordering::SeqCst) != edits {
            self.forget(&cached);
        } else if self.commits.load(Ordering::SeqCst) != commits {
            match self.store.tally(PostKey::Id(post.id)) {
                Ok(Some((_, tally))) => cached.raise(tally.views, tally.viewers),
                Ok(None) => {}
                // Its numbers may be old, and nothing would mend them.
                Err(_) => self.forget(&cached),
            }
        }
        Ok(Some(cached))
    }

    fn keep(&self, post: &Arc<CachedPost>) {
        self.posts.insert(post.id, Arc::clone(post));
        self.slugs.insert(post.slug.clone(), post.id);
    }

    /// To be called after any committed change of a post's content or its deletion.
    pub fn edited(&self, id: PostId) {
        self.edits.fetch_add(1, Ordering::SeqCst);
        if let Some(post) = self.posts.peek(&id) {
            self.forget(&post);
        }
    }

    /// Forgets everything: the database was changed from elsewhere.
    pub fn forget_all(&self) {
        self.edits.fetch_add(1, Ordering::SeqCst);
        self.posts.clear();
        self.slugs.clear();
    }

    /// Brings the numbers in memory up to those of a batch. `edits` is their count before the batch was written.
    fn applied(&self, result: &BatchResult, edits: u64) {
        self.commits.fetch_add(1, Ordering::SeqCst);
        if result.changed_elsewhere {
            self.forget_all();
        }
        for totals in &result.totals {
            if let Some(cached) = self.posts.peek(&totals.post) {
                cached.raise(totals.views, totals.viewers);
            }
        }
        // A number corrected downwards since this commit may just have been raised to what it was before.
        if self.edits.load(Ordering::SeqCst) != edits {
            for totals in &result.totals {
                self.posts.remove(&totals.post);
            }
        }
    }

    fn forget(&self, post: &CachedPost) {
        self.slugs.remove(&post.slug);
        self.posts.remove(&post.id);
    }

    /// Bytes in use, by the cache's own reckoning.
    pub fn bytes(&self) -> u64 {
        self.posts.weight()
    }

    /// Forgets everything if another process has written to the store since this was last asked.
    ///
    /// # Errors
    /// See [`Store::changed_elsewhere`].
    pub fn refresh(&self) -> Result<(), StoreError> {
        if self.store.changed_elsewhere()? {
            self.forget_all();
        }
        Ok(())
    }
}

impl BatchSink for CachedStore {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        let edits = self.edits.load(Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        let written = self.store.write(batch);
        self.ended.fetch_add(1, Ordering::SeqCst);
        let written = written?;
        if let Written::Applied(result) = &written {
            self.applied(result, edits);
        }
        Ok(written)
    }
}
