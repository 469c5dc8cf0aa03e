//! How a batch is serialised: its entries in key order, and one after the other, so that no copy of them is made.

use serde::de::Error;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::hourly_views::HourlyViews;
use super::journaled::Journaled;
use super::ledger_entry::LedgerEntry;
use super::post::PostId;
use super::time::TimestampMs;
use super::viewer::Viewer;
use super::viewing::ViewingKey;
use super::visit::Visit;

/// Events in a batch, at most: what is written again, merged or cut, can then be read again. No batch has so many.
const MOST: u64 = 1 << 40;

/// Visits of one viewer to one post.
#[derive(Serialize, Deserialize)]
struct StoredVisits {
    post: PostId,
    viewer: Viewer,
    visits: Vec<Visit>,
}

/// A batch as it is read.
#[derive(Deserialize)]
struct Stored {
    views: Vec<HourlyViews>,
    visits: Vec<StoredVisits>,
    ledger: Vec<LedgerEntry>,
    /// Not in the files of versions without a journal.
    #[serde(default)]
    journaled: Journaled,
}

/// A batch as it is written where nobody knows the journals that its events are in.
pub struct Unplaced<'a>(pub &'a Batch);

/// The visits of a batch as they are written.
struct Visits<'a>(&'a Batch);

/// Writes a batch with these places in journals.
fn serialize<S: serde::Serializer>(
    batch: &Batch,
    journaled: &Journaled,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Stored<'a> {
        views: Vec<HourlyViews>,
        visits: Visits<'a>,
        ledger: Vec<LedgerEntry>,
        journaled: &'a Journaled,
    }
    Stored {
        views: batch.sorted_views(),
        visits: Visits(batch),
        ledger: batch.sorted_ledger(),
        journaled,
    }
    .serialize(serializer)
}

impl Serialize for Batch {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self, &self.journaled, serializer)
    }
}

impl Serialize for Unplaced<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.0, &Journaled::default(), serializer)
    }
}

impl Serialize for Visits<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A compact format writes the length first.
        let (mut length, mut before) = (0, None);
        for visit in self.0.sorted_visits() {
            let this = Some((visit.post, visit.viewer));
            length += usize::from(before != this);
            before = this;
        }
        let mut entries = serializer.serialize_seq(Some(length))?;
        let mut sorted = self.0.sorted_visits().peekable();
        while let Some(first) = sorted.next() {
            let mut visits = vec![first.visit];
            while let Some(next) =
                sorted.next_if(|next| (next.post, next.viewer) == (first.post, first.viewer))
            {
                visits.push(next.visit);
            }
            entries.serialize_element(&StoredVisits {
                post: first.post,
                viewer: match first.viewer {
                    ViewingKey::Anonymous(number) => Viewer::Anonymous(number),
                    ViewingKey::Named(name) => Viewer::Named(name.into()),
                },
                visits,
            })?;
        }
        entries.end()
    }
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Batch, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        if !stored.journaled.is_consistent() {
            return Err(D::Error::custom(
                "its places in journals are no such places",
            ));
        }
        // Each entry as it was, whatever the window it is written with now.
        let mut batch = Batch::default();
        for entry in stored.views {
            let n = checked(entry.views, &batch)?;
            batch.add_views(entry.post, TimestampMs(entry.hour), n);
        }
        for visits in stored.visits {
            for visit in visits.visits {
                checked(visit.count, &batch)?;
                batch.add_visit(visits.post, &visits.viewer, visit);
            }
        }
        for entry in stored.ledger {
            let n = checked(entry.count, &batch)?;
            batch.add_uncounted(entry.post, TimestampMs(entry.day), entry.reason, n);
        }
        batch.journaled = stored.journaled;
        Ok(batch)
    }
}

/// A number of events, if it is one and the batch, which has no more than [`MOST`], has room for it.
fn checked<E: Error>(n: u64, batch: &Batch) -> Result<u64, E> {
    if !(1..=MOST - batch.events()).contains(&n) {
        return Err(E::custom(format_args!("an entry has {n} events")));
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_cannot_be_added_up_are_refused() {
        let text = |run: i64, length: u64, events: u64| {
            format!(
                r#"{{"views":[],"visits":[],"ledger":[],"journaled":{{"parts":[
                    {{"run":1,"positions":[[0,9]],"events":9,"dropped":null}},
                    {{"run":{run},"positions":[[0,{length}]],"events":{events},"dropped":null}}]}}}}"#
            )
        };
        assert!(serde_json::from_str::<Batch>(&text(2, 9, 9)).is_ok());
        for bad in [text(1, 9, 9), text(2, u64::MAX, 9), text(2, 9, u64::MAX)] {
            let error = serde_json::from_str::<Batch>(&bad).unwrap_err();
            assert!(error.to_string().contains("places in journals"), "{error}");
        }
    }

    #[test]
    fn what_can_be_read_can_be_written_and_read_again() {
        let text = |a: u64, b: u64| {
            let hour = |n| format!(r#"{{"post":1,"hour":0,"views":{n}}}"#);
            let (a, b) = (hour(a), hour(b));
            format!(r#"{{"views":[{a},{b}],"visits":[],"ledger":[]}}"#)
        };
        let batch: Batch = serde_json::from_str(&text(MOST / 2, MOST / 2)).unwrap();
        let again = serde_json::to_string(&batch).unwrap();
        let again: Batch = serde_json::from_str(&again).unwrap();
        assert_eq!(again.sorted_views(), batch.sorted_views());
        // Merged they would be an entry that is refused.
        assert!(serde_json::from_str::<Batch>(&text(MOST / 2, MOST / 2 + 1)).is_err());
    }

    #[test]
    fn a_number_that_no_entry_has_is_refused() {
        let text = |n: u64| {
            format!(
                r#"{{"views":[],"visits":[{{"post":1,"viewer":{{"anonymous":-5}},"visits":[{{"first":1,"last":2,"count":{n}}}]}}],"ledger":[]}}"#
            )
        };
        assert_eq!(serde_json::from_str::<Batch>(&text(7)).unwrap().events(), 7);
        for n in [0, u64::MAX] {
            let error = serde_json::from_str::<Batch>(&text(n)).unwrap_err();
            assert!(error.to_string().contains("an entry has"), "{error}");
        }
    }
}
