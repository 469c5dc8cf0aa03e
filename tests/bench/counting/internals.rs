//! What this bench uses of the library's inside: everything that `viewtally::internals` has to show.

pub use viewtally::counter::{Counters, EventSink, Intake, OverflowRule, Settings};
pub use viewtally::metrics::Metrics;
pub use viewtally::model::{Batch, Millis, ViewEvent, Viewer};
pub use viewtally::store::{
    Applied, CachedStore, Rules, StoreError, StoreHealth, StoreUrl, ViewSink, open,
};
