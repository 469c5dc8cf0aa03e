//! A queue between the counters and the database.

use std::sync::Arc;

use anyhow::Result;
use viewtally::internals::queue::{OpenQueue, QueueOptions, QueueUrl};

pub use viewtally::internals::queue::Queue;

use crate::database::Place;
use crate::internals::{self, BatchSink, CachedStore, Metrics, StoreOptions, StoreUrl};

/// Where a queue is.
#[derive(Clone)]
pub struct QueuePlace(pub QueueUrl);

/// What may wait to be sent.
const MAX_BYTES: u64 = 256 << 20;

impl QueuePlace {
    /// Starts to send and to read, as a server with the role `all` does.
    pub fn start(
        &self,
        place: &Place,
        store: &Arc<CachedStore>,
        metrics: &Arc<Metrics>,
    ) -> Result<(Arc<dyn BatchSink>, Queue)> {
        let options = QueueOptions {
            max_bytes: MAX_BYTES,
            sync: false,
        };
        let url: StoreUrl = place.url().parse().map_err(anyhow::Error::msg)?;
        let journals = internals::open(&url, StoreOptions::default())?;
        let database = journals.database_id()?;
        let folder = tempfile::tempdir()?;
        let files = folder.keep().join("bench");
        let opened = OpenQueue::open(Some(&files), database, options, Arc::clone(metrics))?;
        let sink = opened.sink(journals as _, true);
        let queue = opened.start(&self.0, Arc::clone(store) as _, Arc::clone(metrics), true)?;
        Ok((Arc::new(sink), queue))
    }
}
