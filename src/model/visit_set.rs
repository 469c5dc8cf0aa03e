//! The visits of a batch, in as little memory as they take: while the store is away, this is what grows.
//!
//! A visit is 32 bytes in one vector, found by an index of four-byte positions. Once it is not small, the vector is a block
//! that the allocator maps for itself: of what is reserved only what is used is memory, it grows without being copied, and
//! freeing it gives its memory back at once.

use std::cmp::Ordering;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::dedup_window::DedupWindow;
use super::name_table::NameTable;
use super::position_index::{POSITION_BYTES, PositionIndex};
use super::post::PostId;
use super::viewing::ViewingKey;
use super::visit::{ViewerVisit, Visit};

/// What a visit takes, in bytes, beside its viewer's name.
const VISIT_BYTES: usize = size_of::<Entry>() + POSITION_BYTES;

/// Visits whose memory is kept for the next ones when a set is emptied.
const KEPT: usize = 1 << 15;

/// Visits that a set makes room for once it has more than [`KEPT`]: 34 MiB.
const LARGE: usize = (34 << 20) / size_of::<Entry>();

/// Visits moved between two times of giving memory back.
const MOVED_AT_ONCE: usize = 1 << 17;

/// One viewer's reads of one post that merge.
#[derive(Clone, Copy, Debug)]
struct Entry {
    post: PostId,
    /// An anonymous viewer's number, which is negative, or that of a name in the table of names.
    viewer: i64,
    first: i64,
    /// Milliseconds from the first to the last.
    span: u32,
    count: u32,
}

/// Visits, merged by post, viewer and window. Reads that do not fit into one entry, four billion of them, take several,
/// which count as one does.
#[derive(Clone, Debug)]
pub(super) struct VisitSet {
    /// Which visits of a viewer merge.
    window: DedupWindow,
    entries: Vec<Entry>,
    /// By post, viewer and window.
    index: PositionIndex,
    names: NameTable,
    hasher: RandomState,
    /// The sum of the entries' counts.
    reads: u64,
}

impl VisitSet {
    pub(super) fn new(window: DedupWindow) -> VisitSet {
        VisitSet {
            window,
            entries: Vec::new(),
            index: PositionIndex::default(),
            names: NameTable::default(),
            hasher: RandomState::default(),
            reads: 0,
        }
    }

    /// Which visits of a viewer merge.
    pub(super) fn window(&self) -> DedupWindow {
        self.window
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many reads its visits are.
    pub(super) fn reads(&self) -> u64 {
        self.reads
    }

    /// How much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.entries.len() * VISIT_BYTES + self.names.bytes()
    }

    /// Adds a visit.
    pub(super) fn add(&mut self, post: PostId, viewer: ViewingKey<'_>, visit: Visit) {
        let viewer = match viewer {
            // Its sign is what tells it from a name.
            ViewingKey::Anonymous(number) => number | i64::MIN,
            ViewingKey::Named(name) => i64::from(self.names.intern(name)),
        };
        let Visit { first, last, count } = visit;
        let mut left = count;
        let mut add = |first, span, most: u64| {
            let count = u32::try_from(left.min(most)).unwrap_or(u32::MAX);
            self.add_entry(Entry {
                post,
                viewer,
                first,
                span,
                count,
            });
            left -= u64::from(count);
            left
        };
        let mut left = match u32::try_from(last.saturating_sub(first)) {
            Ok(span) => add(first, span, u64::MAX),
            Err(_) => add(last, 0, 1),
        };
        while left > 0 {
            left = add(first, 0, u64::MAX);
        }
    }

    fn add_entry(&mut self, new: Entry) {
        let VisitSet {
            window,
            entries,
            index,
            hasher,
            reads,
            ..
        } = self;
        *reads += u64::from(new.count);
        let hash = hasher.hash_one(new.key(*window));
        let is_alike = |at: u32| entries[at as usize].key(*window) == new.key(*window);
        let next = position_after(entries);
        match index.find(hash, is_alike) {
            Some(known) if entries[known as usize].merge(&new) => return,
            Some(known) => index.replace(hash, known, next),
            None => index.insert(hash, next, |at| {
                hasher.hash_one(entries[at as usize].key(*window))
            }),
        }
        if entries.len() == KEPT && entries.capacity() < LARGE {
            entries.reserve_exact(LARGE - entries.len());
        }
        entries.push(new);
    }

    /// Whether a visit at a time merges with one that is here.
    pub(super) fn holds(&self, post: PostId, viewer: ViewingKey<'_>, at: i64) -> bool {
        let viewer = match viewer {
            ViewingKey::Anonymous(number) => Some(number | i64::MIN),
            ViewingKey::Named(name) => self.names.find(name).map(i64::from),
        };
        let Some(viewer) = viewer else {
            return false;
        };
        let key = (post, viewer, self.window.merge_start(at));
        let is_alike = |at: u32| self.entries[at as usize].key(self.window) == key;
        self.index
            .find(self.hasher.hash_one(key), is_alike)
            .is_some()
    }

    /// Adds all visits of `other`, whose memory is given back on the way.
    pub(super) fn merge(&mut self, mut other: VisitSet) {
        if self.window == other.window && self.len() < other.len() {
            std::mem::swap(self, &mut other);
        }
        other.index = PositionIndex::default();
        while !other.entries.is_empty() {
            let rest = other.entries.len().saturating_sub(MOVED_AT_ONCE);
            for entry in other.entries.drain(rest..) {
                self.add(entry.post, other.names.key(entry.viewer), entry.visit());
            }
            other.entries.shrink_to_fit();
        }
    }

    /// Removes everything. A little memory is kept for the next visits, much of it is given back.
    pub(super) fn clear(&mut self) {
        if self.entries.capacity() > KEPT || self.names.bytes() > KEPT {
            *self = VisitSet::new(self.window);
            return;
        }
        self.entries.clear();
        self.index.clear();
        self.names = NameTable::default();
        self.reads = 0;
    }

    /// The visits by post and viewer, each viewer's in order of time.
    pub(super) fn sorted(&self) -> SortedVisits<'_> {
        let mut order: Vec<u32> = (0..position_after(&self.entries)).collect();
        let entry = |position: u32| &self.entries[position as usize];
        order.sort_unstable_by(|&a, &b| self.compare(entry(a), entry(b)));
        SortedVisits {
            set: self,
            order: order.into_iter(),
        }
    }

    fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        let by_viewer = || match (u32::try_from(a.viewer), u32::try_from(b.viewer)) {
            (Ok(a), Ok(b)) if a != b => self.names.get(a).cmp(self.names.get(b)),
            _ => a.viewer.cmp(&b.viewer),
        };
        let by_time = || (a.first, a.span, a.count).cmp(&(b.first, b.span, b.count));
        a.post.cmp(&b.post).then_with(by_viewer).then_with(by_time)
    }
}

/// The visits of a batch by post and viewer, each viewer's in order of time: anonymous ones by number, then the others by
/// name.
#[derive(Debug)]
pub struct SortedVisits<'a> {
    set: &'a VisitSet,
    order: std::vec::IntoIter<u32>,
}

impl<'a> Iterator for SortedVisits<'a> {
    type Item = ViewerVisit<'a>;

    fn next(&mut self) -> Option<ViewerVisit<'a>> {
        let entry = &self.set.entries[self.order.next()? as usize];
        Some(ViewerVisit {
            post: entry.post,
            viewer: self.set.names.key(entry.viewer),
            visit: entry.visit(),
        })
    }
}

impl NameTable {
    /// Who an entry's viewer is.
    fn key(&self, viewer: i64) -> ViewingKey<'_> {
        match u32::try_from(viewer) {
            Ok(name) => ViewingKey::Named(self.get(name)),
            Err(_) => ViewingKey::Anonymous(viewer),
        }
    }
}

impl Entry {
    /// What entries that merge have in common.
    fn key(&self, window: DedupWindow) -> (PostId, i64, i64) {
        (self.post, self.viewer, window.merge_start(self.first))
    }

    /// Adds the reads of `other`. Returns whether both fit into one entry; otherwise nothing is changed.
    fn merge(&mut self, other: &Entry) -> bool {
        let first = self.first.min(other.first);
        let last = self.visit().last.max(other.visit().last);
        let span = u32::try_from(last.saturating_sub(first)).ok();
        let Some((span, count)) = span.zip(self.count.checked_add(other.count)) else {
            return false;
        };
        (self.first, self.span, self.count) = (first, span, count);
        true
    }

    fn visit(&self) -> Visit {
        Visit {
            first: self.first,
            last: self.first.saturating_add(i64::from(self.span)),
            count: u64::from(self.count),
        }
    }
}

fn position_after(entries: &[Entry]) -> u32 {
    u32::try_from(entries.len()).expect("the visits are fewer than four billion")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const ANN: ViewingKey<'_> = ViewingKey::Named("ann");

    fn once(at: i64) -> Visit {
        Visit {
            first: at,
            last: at,
            count: 1,
        }
    }

    fn visits(set: &VisitSet) -> Vec<Visit> {
        set.sorted().map(|sorted| sorted.visit).collect()
    }

    #[test]
    fn what_does_not_fit_into_one_entry_takes_several() {
        const DAYS_90: i64 = 90 * 86_400_000;
        let mut set = VisitSet::new(DedupWindow::new(Duration::from_secs(100 * 86_400)));
        for at in [0, DAYS_90, 1, DAYS_90 - 1] {
            set.add(1, ANN, once(at));
        }
        let parts: Vec<_> = visits(&set).iter().map(|v| (v.first, v.last)).collect();
        assert_eq!(parts, [(0, 1), (DAYS_90 - 1, DAYS_90)]);
        let many = Visit {
            first: 5,
            last: 5 + DAYS_90,
            count: 3 * u64::from(u32::MAX),
        };
        set.add(2, ANN, many);
        set.add(2, ANN, once(5));
        let of_two: Vec<Visit> = visits(&set).split_off(2);
        let sum: u64 = of_two.iter().map(|visit| visit.count).sum();
        assert_eq!(sum, many.count + 1);
        assert_eq!(of_two.first().map(|visit| visit.first), Some(5));
        assert_eq!(of_two.last().map(|visit| visit.last), Some(many.last));
    }

    #[test]
    fn memory_is_counted_by_what_is_kept() {
        let mut set = VisitSet::new(DedupWindow::NONE);
        for n in 0..1000 {
            set.add(n, ViewingKey::Anonymous(-5), once(0));
        }
        assert_eq!(set.bytes(), 1000 * VISIT_BYTES);
        set.add(1, ANN, once(0));
        assert!(set.bytes() > 1001 * VISIT_BYTES + "ann".len());
        set.clear();
        assert_eq!((set.bytes(), set.len(), set.reads()), (0, 0, 0));
        assert!(!set.holds(1, ANN, 0));
    }
}
