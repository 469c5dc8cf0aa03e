//! The cache.
//!
//! Two races could leave a cached post old for ever: an edit between another thread's read of the post and its
//! insertion, and a commit in that same gap. [`Changes`] counts both; after inserting, a reader compares the counters
//! with those before its read and corrects what it missed.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::{Cache, EntryAction, GuardResult};

use super::cached_page::CachedPage;
use super::cached_post::CachedPost;
use super::changes::{Changes, Version};
use super::referrer_counts::ReferrerCounts;
use crate::model::{Batch, DedupWindow, PostId, PostKey, TimestampMs};
use crate::sink::{BatchResult, BatchSink, Delivered, PostTotals, SinkError, Written};
use crate::store::error::StoreError;
use crate::store::traits::{ChangedElsewhere, Store};

/// How long a reader waits for another thread that reads the same post: as long as each would wait for a connection and
/// a lock.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

fn read_timeout() -> StoreError {
    StoreError::Busy("the post is being read by another thread".to_owned())
}

/// Weighs an entry by the bytes it takes.
#[derive(Clone)]
struct Bytes;

/// What an entry takes beside its text: itself, its reference count, and its two slots in the maps.
const ENTRY_OVERHEAD: usize = 256;

impl Weighter<PostId, Arc<CachedPost>> for Bytes {
    fn weight(&self, _: &PostId, post: &Arc<CachedPost>) -> u64 {
        (post.bytes() + 2 * post.slug.len() + ENTRY_OVERHEAD) as u64
    }
}

/// The longest address that is remembered as it was sent, in bytes.
const MAX_URL: usize = 256;

/// What an address as it was sent led to.
#[derive(Clone)]
struct UrlHint {
    post: PostId,
    /// The post's name by which it was found; it holds while the post has that.
    name: Arc<str>,
    /// Whether that is its slug, or else its address.
    is_slug: bool,
}

/// A store behind its cache. All reads of single posts and all writes of this process go through it.
pub struct CachedStore {
    store: Arc<dyn Store>,
    posts: Cache<PostId, Arc<CachedPost>, Bytes>,
    /// Slugs of posts that are or were in `posts`, bounded in number. A hint: an entry holds only if the post still has
    /// the slug.
    slugs: Cache<Box<str>, PostId>,
    /// The same of addresses.
    addresses: Cache<Box<str>, PostId>,
    /// The same of addresses as they are sent, so that those sent often need not be read.
    urls: Cache<Box<str>, UrlHint>,
    changes: Changes,
    referrers: ReferrerCounts,
}

impl CachedStore {
    /// Puts a cache of at most `capacity` bytes before `store`.
    pub fn new(store: Arc<dyn Store>, capacity: u64) -> CachedStore {
        // The maps are sized for posts of 2 KB; smaller posts only make them grow.
        let entries = usize::try_from(capacity / 2048)
            .unwrap_or(usize::MAX)
            .max(16);
        CachedStore {
            store,
            posts: Cache::with_weighter(entries, capacity, Bytes),
            slugs: Cache::new(entries),
            addresses: Cache::new(entries),
            urls: Cache::new(entries),
            changes: Changes::default(),
            referrers: ReferrerCounts::default(),
        }
    }

    /// The version of what this process has written so far. A version that is settled and equal before and after a
    /// read means that no batch was committed in between.
    pub fn version(&self) -> Version {
        self.changes.version()
    }

    /// The edits so far: any change but views that this process has made or seen.
    pub fn edits(&self) -> u64 {
        self.changes.edits()
    }

    /// Keeps a page rendered from `post` for its next readers, as long as the post itself is kept.
    pub fn keep_page(&self, post: &Arc<CachedPost>, page: Arc<CachedPage>) {
        // Inside the entry, for what an entry weighs may change nowhere else. Without the entry it is not kept.
        let _ = self
            .posts
            .entry(&post.id, Some(Duration::ZERO), |_, current| {
                if Arc::ptr_eq(current, post) {
                    current.set_page(page);
                }
                EntryAction::Retain(())
            });
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
            PostKey::Address(address) => self
                .addresses
                .get(address)
                .and_then(|id| self.posts.get(&id))
                .filter(|post| post.address.as_deref() == Some(address)),
        }
    }

    /// The post of an address as it was sent before, if both are in memory.
    pub fn cached_url(&self, url: &str) -> Option<Arc<CachedPost>> {
        let hint = self.urls.get(url)?;
        let post = self.posts.get(&hint.post)?;
        let name = match hint.is_slug {
            true => Some(&*post.slug),
            false => post.address.as_deref(),
        };
        (name == Some(&*hint.name)).then_some(post)
    }

    /// Remembers that an address as it was sent is that of a post, by its slug or by its address.
    pub fn remember_url(&self, url: &str, post: &CachedPost, is_slug: bool) {
        let name = match is_slug {
            true => Some(&post.slug),
            false => post.address.as_ref(),
        };
        if let Some(name) = name.filter(|_| url.len() <= MAX_URL) {
            let hint = UrlHint {
                post: post.id,
                name: Arc::from(&**name),
                is_slug,
            };
            self.urls.insert(url.into(), hint);
        }
    }

    /// A post, from memory or from the store; `None` if there is none.
    ///
    /// # Errors
    /// Those of the store; `Busy` also when another thread's read of the post takes too long.
    pub fn post(&self, key: PostKey<'_>) -> Result<Option<Arc<CachedPost>>, StoreError> {
        match self.cached(key) {
            Some(post) => Ok(Some(post)),
            None => self.load(key),
        }
    }

    /// Reads a post from the store into the cache; `None` if there is none. Of many threads that ask for the same post
    /// at once, one reads it and the others wait: a large post that hundreds request just after its edit would
    /// otherwise be read and serialised hundreds of times.
    fn load(&self, key: PostKey<'_>) -> Result<Option<Arc<CachedPost>>, StoreError> {
        match key {
            PostKey::Id(id) => match self.posts.get_value_or_guard(&id, Some(READ_TIMEOUT)) {
                GuardResult::Value(post) => Ok(Some(post)),
                GuardResult::Guard(guard) => self.read(key, |post| {
                    self.insert_names(post);
                    // Fails if the post was evicted meanwhile; then it is not cached.
                    let _ = guard.insert(Arc::clone(post));
                }),
                GuardResult::Timeout => Err(read_timeout()),
            },
            PostKey::Slug(slug) => match self
                .slugs
                .get_value_or_guard(&Box::from(slug), Some(READ_TIMEOUT))
            {
                GuardResult::Value(id) => match self.load(PostKey::Id(id))? {
                    Some(post) if *post.slug == *slug => Ok(Some(post)),
                    // The hint is old.
                    _ => self.read(key, |post| self.insert(post)),
                },
                GuardResult::Guard(guard) => self.read(key, |post| {
                    self.posts.insert(post.id, Arc::clone(post));
                    if let Some(address) = &post.address {
                        self.addresses.insert(address.clone(), post.id);
                    }
                    // As above.
                    let _ = guard.insert(post.id);
                }),
                GuardResult::Timeout => Err(read_timeout()),
            },
            // Whoever asks has asked the store for its id.
            PostKey::Address(_) => self.read(key, |post| self.insert(post)),
        }
    }

    /// Reads a post, inserts it by `insert`, and corrects what was missed in between.
    fn read(
        &self,
        key: PostKey<'_>,
        insert: impl FnOnce(&Arc<CachedPost>),
    ) -> Result<Option<Arc<CachedPost>>, StoreError> {
        let edits = self.changes.edits();
        let commits = self.changes.commits();
        let Some(post) = self.store.post(key)? else {
            return Ok(None);
        };
        let cached = Arc::new(CachedPost::new(&post));
        insert(&cached);
        if self.changes.edits() != edits {
            self.evict(&cached);
        } else if self.changes.commits() != commits {
            match self.store.tally(PostKey::Id(post.id)) {
                Ok(Some((_, tally))) => cached.advance(tally.views, tally.viewers),
                Ok(None) => {}
                // Its numbers may be old, and nothing would correct them.
                Err(_) => self.evict(&cached),
            }
        }
        Ok(Some(cached))
    }

    fn insert(&self, post: &Arc<CachedPost>) {
        self.posts.insert(post.id, Arc::clone(post));
        self.insert_names(post);
    }

    fn insert_names(&self, post: &CachedPost) {
        self.slugs.insert(post.slug.clone(), post.id);
        if let Some(address) = &post.address {
            self.addresses.insert(address.clone(), post.id);
        }
    }

    /// Removes a post from memory. Required after every committed edit, correction or deletion.
    pub fn invalidate(&self, id: PostId) {
        self.changes.on_edit();
        if let Some(post) = self.posts.peek(&id) {
            self.evict(&post);
        }
    }

    /// Removes every post from memory: another process changed the database.
    pub fn evict_all(&self) {
        self.changes.on_edit();
        self.posts.clear();
        self.slugs.clear();
        self.addresses.clear();
        self.urls.clear();
    }

    /// Advances the cached numbers to those of a batch. `edits` is the count of edits before the batch was written.
    fn applied(&self, result: &BatchResult, edits: u64) {
        self.changes.on_commit();
        if result.changed_elsewhere {
            self.evict_all();
        }
        self.advance(&result.totals, edits);
    }

    /// Advances the cached numbers to those of a commit. `edits` is the count of edits before it.
    fn advance(&self, totals: &[PostTotals], edits: u64) {
        for totals in totals {
            if let Some(cached) = self.posts.peek(&totals.post) {
                cached.advance(totals.views, totals.viewers);
            }
        }
        // A number that was corrected downwards since this commit may just have been advanced to its old value.
        if self.changes.edits() != edits {
            for totals in totals {
                self.posts.remove(&totals.post);
            }
        }
    }

    /// Applies what came from a queue, and advances the cached numbers.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn deliver(
        &self,
        write: impl FnOnce() -> Result<Delivered, SinkError>,
    ) -> Result<Delivered, SinkError> {
        let edits = self.changes.edits();
        let delivered = self.changes.during_write(write)?;
        self.applied(&delivered.result, edits);
        Ok(delivered)
    }

    fn evict(&self, post: &CachedPost) {
        self.slugs.remove(&post.slug);
        if let Some(address) = &post.address {
            self.addresses.remove(address);
        }
        self.posts.remove(&post.id);
    }

    /// Notes the host that a view came from. Written to the store by [`CachedStore::write_referrers`].
    pub fn note_referrer(&self, post: PostId, day: TimestampMs, host: String) {
        self.referrers.add(post, day.0, host, 1);
    }

    /// Writes the hosts that were noted. What the store does not take is kept for the next time.
    ///
    /// # Errors
    /// Those of the store.
    pub fn write_referrers(&self) -> Result<(), StoreError> {
        let rows = self.referrers.take();
        if rows.is_empty() {
            return Ok(());
        }
        self.store.add_referrers(&rows).inspect_err(|_| {
            for row in rows {
                self.referrers.add(row.post, row.day, row.host, row.views);
            }
        })
    }

    /// Bytes in use, as the cache counts them.
    #[cfg(test)]
    pub fn bytes(&self) -> u64 {
        self.posts.weight()
    }

    /// Takes over what other processes have written to the store since the last call.
    ///
    /// # Errors
    /// Those of the store.
    pub fn refresh(&self) -> Result<(), StoreError> {
        let edits = self.changes.edits();
        match self.store.changed_elsewhere()? {
            ChangedElsewhere::Everything => self.evict_all(),
            ChangedElsewhere::Numbers(totals) => self.advance_elsewhere(&totals, edits),
            ChangedElsewhere::Posts(posts, totals) => {
                for &post in &posts {
                    self.invalidate(post);
                }
                self.advance_elsewhere(&totals, edits + posts.len() as u64);
            }
        }
        Ok(())
    }

    /// As [`CachedStore::advance`], for commits of other processes.
    fn advance_elsewhere(&self, totals: &[PostTotals], edits: u64) {
        if !totals.is_empty() {
            // To whoever keeps what it made of the numbers, as a batch of this process.
            self.changes.during_write(|| self.changes.on_commit());
            self.advance(totals, edits);
        }
    }
}

impl BatchSink for CachedStore {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        let edits = self.changes.edits();
        let written = self.changes.during_write(|| self.store.write(batch))?;
        if let Written::Applied(result) = &written {
            self.applied(result, edits);
        }
        Ok(written)
    }

    fn dedup_window(&self) -> DedupWindow {
        self.store.dedup_window()
    }
}
