//! The site's totals, kept for a moment: they are sums over every post, and a page that many look at must not sum them
//! each time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::model::PostStats;
use crate::store::error::StoreError;

/// How long totals are good for.
const FRESH: Duration = Duration::from_secs(1);

/// How many times as long as computing them took, they are good for at least: a twentieth of a core at most.
const COST_FACTOR: u32 = 20;

/// The last totals.
#[derive(Debug, Default)]
pub struct SiteTotals {
    last: Mutex<Option<Totals>>,
    /// Locked while they are computed.
    computing: Mutex<()>,
}

#[derive(Clone, Copy, Debug)]
struct Totals {
    stats: PostStats,
    computed: Instant,
    took: Duration,
}

impl SiteTotals {
    /// The totals, from `compute` where the last ones are too old. While one thread computes them, others get the last
    /// ones.
    ///
    /// # Errors
    /// Those of `compute`.
    pub fn get(
        &self,
        compute: impl FnOnce() -> Result<PostStats, StoreError>,
    ) -> Result<PostStats, StoreError> {
        if let Some(totals) = self.fresh() {
            return Ok(totals.stats);
        }
        let _alone = match (self.computing.try_lock(), self.last()) {
            (Ok(alone), _) => alone,
            (Err(_), Some(last)) => return Ok(last.stats),
            // The very first ones are waited for.
            (Err(_), None) => lock(&self.computing),
        };
        // Another thread may have computed them in the meantime.
        if let Some(totals) = self.fresh() {
            return Ok(totals.stats);
        }
        let started = Instant::now();
        let stats = compute()?;
        *lock(&self.last) = Some(Totals {
            stats,
            computed: Instant::now(),
            took: started.elapsed(),
        });
        Ok(stats)
    }

    fn last(&self) -> Option<Totals> {
        *lock(&self.last)
    }

    fn fresh(&self) -> Option<Totals> {
        self.last()
            .filter(|totals| totals.computed.elapsed() < FRESH.max(totals.took * COST_FACTOR))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(views: i64) -> Result<PostStats, StoreError> {
        Ok(PostStats {
            views,
            ..PostStats::default()
        })
    }

    #[test]
    fn totals_are_computed_again_once_they_are_old() {
        let totals = SiteTotals::default();
        let views = |n| totals.get(|| of(n)).map(|stats| stats.views).ok();
        assert_eq!((views(1), views(2)), (Some(1), Some(1)));
        let age = |by: Duration, took: Duration| {
            if let Some(last) = lock(&totals.last).as_mut() {
                last.computed = Instant::now().checked_sub(by).expect("a clock");
                last.took = took;
            }
        };
        age(FRESH, Duration::ZERO);
        assert_eq!(views(3), Some(3));
        age(FRESH * 3, FRESH);
        assert_eq!(views(4), Some(3), "they were dear");
    }

    #[test]
    fn a_failure_is_not_kept() {
        let totals = SiteTotals::default();
        let failed = totals.get(|| Err(StoreError::Busy("a test".to_owned())));
        assert!(failed.is_err());
        assert_eq!(totals.get(|| of(5)).map(|stats| stats.views).ok(), Some(5));
    }
}
