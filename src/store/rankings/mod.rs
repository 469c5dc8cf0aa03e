//! Which posts had the most views in each period, kept in memory.
//!
//! An index cannot give a list by period: what is in a period changes with the clock and not only with views. And every
//! new row that counting writes would pay for an index on the hours. So one pass over all hourly rows computes all
//! periods at once, and the highest ranks are kept as a snapshot:
//!
//! - nothing written and no new hour since: the snapshot is current, however old;
//! - up to `INLINE_ROWS` rows: the request that finds it outdated computes it anew, so a small site is always current;
//! - more rows: a thread computes it once it is older than `COST_FACTOR` times what computing took, which bounds the
//!   cost to a twentieth of a core. Requests meanwhile get the snapshot as it is; before the first one, what is likely.
//!
//! The thread also checks every `MAX_INTERVAL` without a request, so that the first one in the morning gets no list of
//! yesterday.

mod by_period;
mod likely;
mod page;
mod snapshot;

pub use by_period::Rankings;
pub use page::top;
