//! How a batch is serialised.

use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::hourly_views::HourlyViews;
use super::journaled::Journaled;
use super::ledger_entry::LedgerEntry;
use super::post::PostId;
use super::time::TimestampMs;
use super::viewer::Viewer;
use super::visit::{ViewerVisit, Visit};

/// All visits of one viewer to one post, in order of time.
#[derive(Serialize, Deserialize)]
struct StoredVisits {
    post: PostId,
    viewer: Viewer,
    visits: Vec<Visit>,
}

/// A batch on disk: its entries in key order.
#[derive(Serialize, Deserialize)]
struct Stored {
    views: Vec<HourlyViews>,
    visits: Vec<StoredVisits>,
    ledger: Vec<LedgerEntry>,
    /// Not in the files of versions without a journal.
    #[serde(default)]
    journaled: Journaled,
}

impl Serialize for Batch {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored {
            views: self.sorted_views(),
            visits: group(self.sorted_visits()),
            ledger: self.sorted_ledger(),
            journaled: self.journaled.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Batch, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        // Each entry as it was, whatever the window it is written with now.
        let mut batch = Batch::default();
        for entry in stored.views {
            batch.add_views(entry.post, TimestampMs(entry.hour), entry.views);
        }
        for visits in stored.visits {
            for visit in visits.visits {
                batch.add_visit(visits.post, visits.viewer.clone(), visit);
            }
        }
        for entry in stored.ledger {
            batch.add_uncounted(
                entry.post,
                TimestampMs(entry.day),
                entry.reason,
                entry.count,
            );
        }
        batch.journaled = stored.journaled;
        Ok(batch)
    }
}

fn group(visits: Vec<ViewerVisit>) -> Vec<StoredVisits> {
    let mut groups: Vec<StoredVisits> = Vec::new();
    for ViewerVisit {
        post,
        viewer,
        visit,
    } in visits
    {
        match groups.last_mut() {
            Some(group) if group.post == post && group.viewer == viewer => group.visits.push(visit),
            _ => groups.push(StoredVisits {
                post,
                viewer,
                visits: vec![visit],
            }),
        }
    }
    groups
}
