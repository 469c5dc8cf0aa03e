//! What this bench uses of the library's inside.

pub use viewtally::internals::{
    Batch, BatchSink, CachedStore, CounterConfig, CounterPool, DedupWindow, EventSender, EventSink,
    FreeMemory, Metrics, OverflowPolicy, SinkError, SinkHealth, StoreOptions, StoreUrl,
    TimestampMs, ViewEvent, Viewer, Written, give_back_large_blocks, open,
};
