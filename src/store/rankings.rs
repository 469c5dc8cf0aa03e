//! Which posts had the most views in each period, kept in memory.
//!
//! A list by period cannot come from an index: what is in a period changes with the clock, not only with views. And an
//! index that would make computing it quick (hours by hour) would be paid for by every new row that counting writes.
//! So all hourly rows are read, all periods at once, and the highest places kept:
//!
//! - nothing written and no new hour since: what is kept is right, however old;
//! - up to `FEW` rows: computed by the request that asks, so a small site's lists are always right;
//! - more: computed by a thread, when what is kept is older than `SHARE` times what computing it took, and then at
//!   most a twentieth of a core goes there. Requests meanwhile get what is kept.
//!
//! The thread also looks every `AT_LEAST` without being asked, so nobody gets yesterday's list in the morning.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::cache::Version;
use super::{CachedStore, Ranked, Store, StoreError};
use crate::model::{Cursor, ListQuery, Page, Period, PostId, PostSummary, Rank, TimestampMs};

/// Places kept for each period; a list by period ends after them. 160 KB each.
pub const PLACES: usize = 10_000;

/// Hourly rows that a request may read itself: some 5 ms.
const FEW: u64 = 20_000;

/// How many times as long as it took to compute, what is kept stays good.
const SHARE: u32 = 20;

/// The longest between two looks at whether what is kept is still right.
const AT_LEAST: Duration = Duration::from_secs(600);

/// Posts looked up at once, at most.
const STRIDE: usize = 500;

/// The periods kept, in the order of [`Ranked::lists`].
const PERIODS: [Period; 4] = [Period::Day, Period::Week, Period::Month, Period::Year];

/// See the module.
pub struct Rankings {
    store: Arc<CachedStore>,
    kept: RwLock<Option<Arc<Kept>>>,
    /// Held by the one who computes.
    computing: Mutex<()>,
    /// Wakes the thread; gone once the server stops.
    bell: RwLock<Option<Sender<()>>>,
}

struct Kept {
    ranked: Ranked,
    /// What had been written before it was computed.
    version: Version,
    /// The hour it was computed in.
    hour: TimestampMs,
    at: Instant,
    took: Duration,
}

impl Kept {
    fn is_right(&self, version: Version, now: TimestampMs) -> bool {
        self.version == version && version.is_settled() && self.hour == now.hour()
    }

    fn is_large(&self) -> bool {
        self.ranked.rows > FEW
    }

    fn is_old(&self) -> bool {
        self.at.elapsed() > self.took * SHARE
    }
}

impl Rankings {
    /// Rankings of what is in `store`, and the bell for the thread that is to run [`Rankings::attend`].
    pub fn new(store: Arc<CachedStore>) -> (Rankings, Receiver<()>) {
        let (bell, rings) = flume::bounded(1);
        let rankings = Rankings {
            store,
            kept: RwLock::default(),
            computing: Mutex::default(),
            bell: RwLock::new(Some(bell)),
        };
        (rankings, rings)
    }

    /// One page of the posts with the most views in `period`, with these views. Posts without any are not in it, and
    /// it ends after [`PLACES`] posts, before any filter.
    ///
    /// # Errors
    /// See [`super::Store::post`].
    pub fn page(
        &self,
        period: Period,
        query: &ListQuery,
        now: TimestampMs,
    ) -> Result<Page<PostSummary>, StoreError> {
        let kept = self.current(now)?;
        let list = PERIODS
            .iter()
            .position(|known| *known == period)
            .and_then(|place| kept.ranked.lists.get(place))
            .map_or(&[][..], Vec::as_slice);
        let start = query.after.map_or(0, |Cursor { key, id }| {
            let last = Rank {
                views: key,
                post: id,
            };
            list.partition_point(|rank| *rank >= last)
        });
        page_of(self.store.store(), &list[start..], query)
    }

    fn current(&self, now: TimestampMs) -> Result<Arc<Kept>, StoreError> {
        if let Some(kept) = self.good_enough(now) {
            return Ok(kept);
        }
        let _alone = self
            .computing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Whoever computed until now may have done it for this request as well.
        match self.good_enough(now) {
            Some(kept) => Ok(kept),
            None => self.compute(now),
        }
    }

    fn kept(&self) -> Option<Arc<Kept>> {
        self.kept
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn good_enough(&self, now: TimestampMs) -> Option<Arc<Kept>> {
        let kept = self.kept()?;
        if kept.is_right(self.store.version(), now) {
            return Some(kept);
        }
        if !kept.is_large() {
            return None;
        }
        if kept.is_old()
            && let Some(bell) = &*self.bell.read().unwrap_or_else(PoisonError::into_inner)
        {
            // Full: it has been rung and not answered yet.
            let _ = bell.try_send(());
        }
        Some(kept)
    }

    fn is_open(&self) -> bool {
        self.bell
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// To be called with `computing` held.
    fn compute(&self, now: TimestampMs) -> Result<Arc<Kept>, StoreError> {
        let at = Instant::now();
        let version = self.store.version();
        let since: Vec<TimestampMs> = PERIODS
            .iter()
            .filter_map(|period| period.since(now))
            .collect();
        let ranked = self
            .store
            .store()
            .rank(&since, PLACES, &|| self.is_open())?
            .ok_or_else(|| StoreError::Busy("the server is stopping".to_owned()))?;
        let kept = Arc::new(Kept {
            ranked,
            version,
            hour: now.hour(),
            at: Instant::now(),
            took: at.elapsed(),
        });
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&kept));
        Ok(kept)
    }

    /// What the thread does: computes at the start, and then as often as [`Rankings`] says, until [`Rankings::close`].
    pub fn attend(&self, rings: &Receiver<()>, now: impl Fn() -> TimestampMs) {
        loop {
            if let Err(error) = self.renew(now()) {
                tracing::debug!(%error, "cannot rank the posts of each period; trying again");
            }
            if let Err(RecvTimeoutError::Disconnected) = rings.recv_timeout(AT_LEAST) {
                return;
            }
        }
    }

    fn renew(&self, now: TimestampMs) -> Result<(), StoreError> {
        let _alone = self
            .computing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let version = self.store.version();
        let renews = self
            .kept()
            .is_none_or(|kept| kept.is_old() && !kept.is_right(version, now));
        if renews {
            self.compute(now)?;
        }
        Ok(())
    }

    /// Ends what is being computed, and the thread.
    pub fn close(&self) {
        *self.bell.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The posts with the most views since an hour, without keeping anything: for commands, which ask once.
///
/// # Errors
/// See [`super::Store::post`].
pub fn top(
    store: &dyn Store,
    since: TimestampMs,
    limit: usize,
) -> Result<Vec<PostSummary>, StoreError> {
    let ranked = store.rank(&[since], limit, &|| true)?.unwrap_or_default();
    let query = ListQuery {
        limit,
        ..ListQuery::default()
    };
    let ranks = ranked.lists.first().map_or(&[][..], Vec::as_slice);
    Ok(page_of(store, ranks, &query)?.items)
}

/// The first posts of `ranks` that are there and pass the filters.
fn page_of(
    store: &dyn Store,
    ranks: &[Rank],
    query: &ListQuery,
) -> Result<Page<PostSummary>, StoreError> {
    let filters = query.tag.is_some() || query.title.is_some();
    let stride = if filters {
        STRIDE
    } else {
        STRIDE.min(query.limit.saturating_add(1))
    };
    let mut items: Vec<PostSummary> = Vec::new();
    for ranks in ranks.chunks(stride) {
        let ids: Vec<PostId> = ranks.iter().map(|rank| rank.post).collect();
        let mut found = store.summaries(&ids, query)?;
        found.sort_unstable_by_key(|post| post.id);
        for rank in ranks {
            let Ok(place) = found.binary_search_by_key(&rank.post, |post| post.id) else {
                continue;
            };
            if items.len() == query.limit {
                let next = items.last().map(|last| Cursor {
                    key: last.views,
                    id: last.id,
                });
                return Ok(Page { items, next });
            }
            items.push(PostSummary {
                views: rank.views,
                ..found[place].clone()
            });
        }
    }
    Ok(Page { items, next: None })
}
