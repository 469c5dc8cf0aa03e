//! Events coalesced: what a counter applies in one transaction, and what the overflow holds.
//!
//! A post costs one entry for each hour with views, and one for each viewer and de-duplication window, however many views
//! it gets. A batch knows neither the channel nor the store, and has no bound of its own: who fills it can ask what its
//! visits take, and whether one more takes more.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::batch_id::BatchId;
use super::dedup_window::DedupWindow;
use super::hourly_views::HourlyViews;
use super::journaled::Journaled;
use super::ledger_entry::LedgerEntry;
use super::post::PostId;
use super::reason::Reason;
use super::time::TimestampMs;
use super::view_event::ViewEvent;
use super::viewer::Viewer;
use super::visit::Visit;
use super::visit_set::{SortedVisits, VisitSet};

/// Entries of posts whose memory is kept for the next ones when a batch is emptied.
const KEPT: usize = 1 << 15;

/// Coalesced events. Invariant: its events are the sum of all entries' numbers, so nothing merged into a batch is lost in it.
#[derive(Clone, Debug)]
pub struct Batch {
    views: HashMap<(PostId, i64), u64, RandomState>,
    visits: VisitSet,
    ledger: HashMap<(PostId, i64, Reason), u64, RandomState>,
    /// The sum of `views` and `ledger`.
    plain_events: u64,
    /// What of this is in journals.
    pub journaled: Journaled,
    /// What it is known by. Not merged: it is of the whole.
    pub id: BatchId,
}

impl Default for Batch {
    /// An empty batch that may be written with a window of any length: it merges only visits of the same millisecond.
    fn default() -> Batch {
        Batch::new(DedupWindow::SHORTEST)
    }
}

impl Batch {
    /// An empty batch, to be written where repeats are decided by `window`: it merges a viewer's visits of one window.
    pub fn new(window: DedupWindow) -> Batch {
        Batch {
            views: HashMap::default(),
            visits: VisitSet::new(window),
            ledger: HashMap::default(),
            plain_events: 0,
            journaled: Journaled::default(),
            id: BatchId::default(),
        }
    }

    /// Merges one event.
    pub fn add(&mut self, event: ViewEvent) {
        match (event.uncounted, event.viewer) {
            (None, None) => self.add_views(event.post, event.at, 1),
            (None, Some(viewer)) => {
                let visit = Visit {
                    first: event.at.0,
                    last: event.at.0,
                    count: 1,
                };
                self.add_visit(event.post, &viewer, visit);
            }
            (Some(reason), _) => self.add_uncounted(event.post, event.at, reason, 1),
        }
    }

    /// Merges `n` views of `post` at `at`, by no known viewer.
    pub fn add_views(&mut self, post: PostId, at: TimestampMs, n: u64) {
        *self.views.entry((post, at.hour().0)).or_default() += n;
        self.plain_events += n;
    }

    /// Merges `n` uncounted events of `post` at `at`.
    pub fn add_uncounted(&mut self, post: PostId, at: TimestampMs, reason: Reason, n: u64) {
        *self.ledger.entry((post, at.day().0, reason)).or_default() += n;
        self.plain_events += n;
    }

    /// Merges a viewer's visit.
    pub fn add_visit(&mut self, post: PostId, viewer: &Viewer, visit: Visit) {
        self.visits.add(post, viewer.key(), visit);
    }

    /// Merges all of `other`. The larger part receives the smaller one's entries.
    pub fn merge(&mut self, mut other: Batch) {
        self.visits.merge(other.visits);
        if self.views.len() + self.ledger.len() < other.views.len() + other.ledger.len() {
            std::mem::swap(&mut self.views, &mut other.views);
            std::mem::swap(&mut self.ledger, &mut other.ledger);
            std::mem::swap(&mut self.plain_events, &mut other.plain_events);
        }
        for ((post, hour), n) in other.views {
            self.add_views(post, TimestampMs(hour), n);
        }
        for ((post, day, reason), n) in other.ledger {
            self.add_uncounted(post, TimestampMs(day), reason, n);
        }
        self.journaled.merge(other.journaled);
    }

    /// How many events it holds.
    pub fn events(&self) -> u64 {
        self.plain_events + self.visits.reads()
    }

    /// How many rows it will touch: the measure of its commit.
    pub fn entries(&self) -> usize {
        self.views.len() + self.visits.len() + self.ledger.len()
    }

    /// What its visits take, in bytes.
    pub fn visit_bytes(&self) -> usize {
        self.visits.bytes()
    }

    /// Whether a viewer's visit takes no more memory: another one, with which it merges, is here.
    pub fn holds(&self, post: PostId, viewer: &Viewer, at: TimestampMs) -> bool {
        self.visits.holds(post, viewer.key(), at.0)
    }

    /// What will decide about repeats.
    pub fn window(&self) -> DedupWindow {
        self.visits.window()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.events() == 0 && !self.journaled.has_dropped()
    }

    /// Removes everything. A little memory is kept for the next events, much of it is given back.
    pub fn clear(&mut self) {
        self.visits.clear();
        if self.views.capacity() + self.ledger.capacity() > KEPT {
            (self.views, self.ledger) = (HashMap::default(), HashMap::default());
        }
        self.views.clear();
        self.ledger.clear();
        self.plain_events = 0;
        self.journaled.clear();
        self.id.end();
    }

    /// The views in key order. All counters and nodes write rows in this order, so that transactions cannot deadlock, and
    /// so that neighbouring rows share pages.
    pub fn sorted_views(&self) -> Vec<HourlyViews> {
        let mut entries: Vec<HourlyViews> = self
            .views
            .iter()
            .map(|(&(post, hour), &views)| HourlyViews { post, hour, views })
            .collect();
        entries.sort_unstable();
        entries
    }

    /// The visits by post and viewer, each viewer's in order of time.
    pub fn sorted_visits(&self) -> SortedVisits<'_> {
        self.visits.sorted()
    }

    /// The uncounted events in key order.
    pub fn sorted_ledger(&self) -> Vec<LedgerEntry> {
        let mut entries: Vec<LedgerEntry> = self
            .ledger
            .iter()
            .map(|(&(post, day, reason), &count)| LedgerEntry {
                post,
                day,
                reason,
                count,
            })
            .collect();
        entries.sort_unstable();
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::{DAY, HOUR};
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn view(post: PostId, at: i64, viewer: Option<i64>) -> ViewEvent {
        let viewer = viewer.map(Viewer::Anonymous);
        ViewEvent {
            post,
            at: TimestampMs(at),
            viewer,
            uncounted: None,
        }
    }

    #[test]
    fn views_of_one_post_in_one_hour_cost_one_entry() {
        let mut batch = Batch::default();
        for i in 0..1000 {
            batch.add(view(1, i, None));
        }
        batch.add(view(1, HOUR, None));
        assert_eq!(batch.events(), 1001);
        let hours: Vec<(i64, u64)> = batch
            .sorted_views()
            .iter()
            .map(|entry| (entry.hour, entry.views))
            .collect();
        assert_eq!(hours, [(0, 1000), (HOUR, 1)]);
    }

    /// First and last time and number of each visit.
    fn visits(batch: &Batch) -> Vec<(i64, i64, u64)> {
        let numbers = batch.sorted_visits().map(|entry| entry.visit);
        numbers
            .map(|visit| (visit.first, visit.last, visit.count))
            .collect()
    }

    #[test]
    fn a_viewer_costs_one_entry_a_post_and_window() {
        let mut batch = Batch::new(DedupWindow::new(Duration::from_millis(10)));
        for at in [15, 12, 30, 0, 9, 10, 19, 19] {
            batch.add(view(1, at, Some(-5)));
        }
        assert_eq!((batch.events(), batch.entries()), (8, 3));
        assert_eq!(visits(&batch), [(0, 9, 2), (10, 19, 5), (30, 30, 1)]);
    }

    #[test]
    fn without_a_window_a_viewer_costs_one_entry_a_post_and_hour() {
        let mut batch = Batch::new(DedupWindow::NONE);
        for at in 0..10_000 {
            batch.add(view(1, HOUR - 5_000 + at, Some(-5)));
        }
        let expected = [(HOUR - 5_000, HOUR - 1, 5_000), (HOUR, HOUR + 4_999, 5_000)];
        assert_eq!(visits(&batch), expected);
    }

    #[test]
    fn visits_of_one_millisecond_merge_in_any_batch() {
        let mut batch = Batch::default();
        for at in [30, 10, 20, 20] {
            batch.add(view(1, at, Some(-5)));
        }
        assert_eq!(visits(&batch), [(10, 10, 1), (20, 20, 2), (30, 30, 1)]);
        let mut coarse = Batch::new(DedupWindow::new(Duration::from_millis(20)));
        coarse.merge(batch);
        assert_eq!(visits(&coarse), [(10, 10, 1), (20, 30, 3)]);
    }

    #[test]
    fn uncounted_events_are_kept_apart_by_day_and_reason() {
        let mut batch = Batch::default();
        batch.add_uncounted(1, TimestampMs(5), Reason::Dropped, 2);
        batch.add_uncounted(1, TimestampMs(DAY), Reason::Dropped, 1);
        batch.add_uncounted(1, TimestampMs(5), Reason::Bot, 1);
        assert_eq!(batch.events(), 4);
        assert_eq!(batch.sorted_ledger().len(), 3);
        assert!(batch.sorted_views().is_empty());
    }

    fn events() -> impl Strategy<Value = Vec<ViewEvent>> {
        let reason = prop_oneof![
            Just(None),
            Just(Some(Reason::Bot)),
            Just(Some(Reason::Dropped))
        ];
        let viewer = prop_oneof![
            Just(None),
            (-3..0i64).prop_map(|n| Some(Viewer::Anonymous(n))),
            Just(Some(Viewer::Named("ann".into())))
        ];
        let event = (1..5i64, 0..3 * HOUR, reason, viewer);
        let event = event.prop_map(|(post, at, uncounted, viewer)| ViewEvent {
            post,
            at: TimestampMs(at),
            viewer: viewer.filter(|_| uncounted.is_none()),
            uncounted,
        });
        proptest::collection::vec(event, 0..200)
    }

    proptest! {
        #[test]
        fn however_events_are_split_and_merged_the_sum_is_theirs(
            a in events(), b in events(), window in 0..2 * HOUR.unsigned_abs(),
        ) {
            let empty = Batch::new(DedupWindow::new(Duration::from_millis(window)));
            let mut whole = empty.clone();
            let (mut first, mut second) = (empty.clone(), empty);
            a.iter().for_each(|event| { whole.add(event.clone()); first.add(event.clone()) });
            b.iter().for_each(|event| { whole.add(event.clone()); second.add(event.clone()) });
            first.merge(second);
            prop_assert_eq!(first.events(), (a.len() + b.len()) as u64);
            prop_assert_eq!(first.sorted_views(), whole.sorted_views());
            prop_assert!(first.sorted_visits().eq(whole.sorted_visits()));
            prop_assert_eq!(first.sorted_ledger(), whole.sorted_ledger());
            let stored = serde_json::to_string(&first).unwrap();
            let back: Batch = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(back.events(), first.events());
            prop_assert!(back.sorted_visits().eq(first.sorted_visits()));
            let stored = postcard::to_stdvec(&first).unwrap();
            let back: Batch = postcard::from_bytes(&stored).unwrap();
            prop_assert_eq!(back.events(), first.events());
            prop_assert!(back.sorted_visits().eq(first.sorted_visits()));
        }
    }
}
