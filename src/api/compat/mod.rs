//! The protocols of other counters, so that pages made for them need one changed line: where the counter is.
//!
//! One file each. They answer as those counters do, errors included, and count as everything here counts.

mod busuanzi;
mod dispatch;
mod goatcounter;
mod leancloud;
mod numbers;
mod reply;
mod router;
mod vercount;
mod waline;

pub(super) use dispatch::{Found, answer, plan};
#[cfg(test)]
pub(super) use router::names;
