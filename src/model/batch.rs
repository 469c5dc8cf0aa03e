//! Events coalesced: what a counter applies in one transaction, and what the overflow holds.
//!
//! However many views a post gets, they cost one entry for each hour they fall in; that is what bounds memory
//! while the store is away. A batch knows neither the channel nor the store.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::post::PostId;
use super::time::Millis;
use super::view::{Reason, ViewEvent};

/// Views of one post in one UTC hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// The post.
    pub post: PostId,
    /// Start of the hour, milliseconds UTC.
    pub hour: i64,
    /// How many.
    pub views: u64,
}

/// Events of one post on one UTC day that were not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The post; 0 where it is none's.
    pub post: PostId,
    /// Start of the day, milliseconds UTC.
    pub day: i64,
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u64,
}

/// Coalesced events. Invariant: `events` is the sum of all entries' numbers, so nothing merged into a batch is lost in it.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    views: HashMap<(PostId, i64), u64, RandomState>,
    ledger: HashMap<(PostId, i64, Reason), u64, RandomState>,
    events: u64,
}

impl Batch {
    /// Merges one event.
    pub fn add(&mut self, event: ViewEvent) {
        match event.uncounted {
            None => self.add_views(event.post, event.at, 1),
            Some(reason) => self.add_uncounted(event.post, event.at, reason, 1),
        }
    }

    /// Merges `n` views of `post` at `at`.
    pub fn add_views(&mut self, post: PostId, at: Millis, n: u64) {
        *self.views.entry((post, at.hour().0)).or_default() += n;
        self.events += n;
    }

    /// Merges `n` uncounted events of `post` at `at`.
    pub fn add_uncounted(&mut self, post: PostId, at: Millis, reason: Reason, n: u64) {
        *self.ledger.entry((post, at.day().0, reason)).or_default() += n;
        self.events += n;
    }

    /// Merges all of `other`. The larger map receives the smaller one's entries.
    pub fn merge(&mut self, mut other: Batch) {
        if self.entries() < other.entries() {
            std::mem::swap(self, &mut other);
        }
        for (key, n) in other.views {
            *self.views.entry(key).or_default() += n;
        }
        for (key, n) in other.ledger {
            *self.ledger.entry(key).or_default() += n;
        }
        self.events += other.events;
    }

    /// How many events it holds.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many rows it will touch: the measure of its memory and of its commit.
    pub fn entries(&self) -> usize {
        self.views.len() + self.ledger.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Takes everything out, keeping the allocated room for the next events.
    pub fn clear(&mut self) {
        self.views.clear();
        self.ledger.clear();
        self.events = 0;
    }

    /// The views in key order: rows are written in that order, by every counter and every node alike, so that no two
    /// transactions can wait for each other in a circle, and so that neighbours share pages.
    pub fn sorted_views(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self
            .views
            .iter()
            .map(|(&(post, hour), &views)| Entry { post, hour, views })
            .collect();
        entries.sort_unstable();
        entries
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

/// What a batch is on disk: its entries in key order.
#[derive(Serialize, Deserialize)]
struct Stored {
    views: Vec<Entry>,
    ledger: Vec<LedgerEntry>,
}

impl Serialize for Batch {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored {
            views: self.sorted_views(),
            ledger: self.sorted_ledger(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Batch, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let mut batch = Batch::default();
        for entry in stored.views {
            batch.add_views(entry.post, Millis(entry.hour), entry.views);
        }
        for entry in stored.ledger {
            batch.add_uncounted(entry.post, Millis(entry.day), entry.reason, entry.count);
        }
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::{DAY, HOUR};
    use super::*;
    use proptest::prelude::*;

    fn view(post: PostId, at: i64) -> ViewEvent {
        ViewEvent {
            post,
            at: Millis(at),
            uncounted: None,
        }
    }

    #[test]
    fn views_of_one_post_in_one_hour_cost_one_entry() {
        let mut batch = Batch::default();
        for i in 0..1000 {
            batch.add(view(1, i));
        }
        batch.add(view(1, HOUR));
        assert_eq!(batch.events(), 1001);
        assert_eq!(
            batch.sorted_views(),
            [
                Entry {
                    post: 1,
                    hour: 0,
                    views: 1000
                },
                Entry {
                    post: 1,
                    hour: HOUR,
                    views: 1
                }
            ]
        );
    }

    #[test]
    fn uncounted_events_are_kept_apart_by_day_and_reason() {
        let mut batch = Batch::default();
        batch.add_uncounted(1, Millis(5), Reason::Dropped, 2);
        batch.add_uncounted(1, Millis(DAY), Reason::Dropped, 1);
        batch.add_uncounted(1, Millis(5), Reason::Bot, 1);
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
        let event = (1..5i64, 0..3 * HOUR, reason).prop_map(|(post, at, uncounted)| ViewEvent {
            post,
            at: Millis(at),
            uncounted,
        });
        proptest::collection::vec(event, 0..200)
    }

    proptest! {
        #[test]
        fn however_events_are_split_and_merged_the_sum_is_theirs(a in events(), b in events()) {
            let mut whole = Batch::default();
            let (mut first, mut second) = (Batch::default(), Batch::default());
            a.iter().for_each(|&event| { whole.add(event); first.add(event) });
            b.iter().for_each(|&event| { whole.add(event); second.add(event) });
            first.merge(second);
            prop_assert_eq!(first.events(), (a.len() + b.len()) as u64);
            prop_assert_eq!(first.sorted_views(), whole.sorted_views());
            prop_assert_eq!(first.sorted_ledger(), whole.sorted_ledger());
            let stored = serde_json::to_string(&first).unwrap();
            let back: Batch = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(back.events(), first.events());
            prop_assert_eq!(back.sorted_views(), first.sorted_views());
        }
    }
}
