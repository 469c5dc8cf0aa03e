//! The tasks of each half second: whether the database is still there, the cache after changes by other processes, the day's salt,
//! pruning, memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::free_memory::FreeMemory;
use crate::clock;
use crate::model::time::DAY;
use crate::model::{DELETED_KEPT, IDS_KEPT, PostId, TimestampMs};
use crate::rules::Salts;
use crate::store::{CachedStore, StoreError};

/// The time between two passes over the viewings, the names of viewers and the deleted posts. A pass takes one step each half second.
const PRUNE_INTERVAL: Duration = Duration::from_secs(3600);

/// The time between two writes of where readers came from. So much of it is lost at most when the process is killed.
const REFERRER_INTERVAL: Duration = Duration::from_secs(5);

/// How long it is known at least that a viewer was forgotten, in milliseconds. Beyond that and `--keep-viewings`, what
/// comes from before is so old that it is pruned itself.
const FORGOTTEN_KNOWN: i64 = DAY;

/// How long after midnight yesterday's salt is kept, for requests that began before it. Milliseconds.
const SALT_GRACE: i64 = 60_000;

/// Told when the database was deleted or replaced, and what is to be said of it; and with `None` when it is back.
pub type OnReplaced = Box<dyn Fn(Option<&str>) + Send>;

/// Told how many messages of a queue are set aside.
pub type OnSetAside = Box<dyn Fn(i64) + Send>;

/// How often that is looked at.
const SET_ASIDE_INTERVAL: Duration = Duration::from_secs(5);

/// The tasks, and how far each is.
pub struct Tasks {
    store: Arc<CachedStore>,
    on_replaced: OnReplaced,
    /// Whether that was told.
    replaced: bool,
    salts: Arc<Salts>,
    /// In milliseconds.
    keep_viewings: i64,
    /// The day whose salt, and the next day's, come from the store.
    salted: Option<TimestampMs>,
    prune_at: Instant,
    pruning: Pruning,
    /// `None` without a queue.
    on_set_aside: Option<OnSetAside>,
    set_aside_at: Instant,
    referrers_at: Instant,
    free_memory: FreeMemory,
}

/// How far a pass of pruning is.
#[derive(Clone, Copy)]
enum Pruning {
    /// None is under way.
    Idle,
    /// The last viewing that was read.
    Viewings((PostId, i64)),
    /// The last name that was read.
    Names(i64),
    /// Deleted posts, one a step.
    Posts,
    /// Ids of a queue's messages.
    Messages,
}

impl Tasks {
    /// Tasks of which each is due.
    pub fn new(
        store: Arc<CachedStore>,
        on_replaced: OnReplaced,
        on_set_aside: Option<OnSetAside>,
        salts: Arc<Salts>,
        keep_viewings: Duration,
    ) -> Tasks {
        Tasks {
            store,
            on_replaced,
            replaced: false,
            salts,
            keep_viewings: i64::try_from(keep_viewings.as_millis()).unwrap_or(i64::MAX),
            salted: None,
            prune_at: Instant::now(),
            pruning: Pruning::Idle,
            on_set_aside,
            set_aside_at: Instant::now(),
            referrers_at: Instant::now(),
            free_memory: FreeMemory::from_now(),
        }
    }

    /// Runs each task that is due. A task that fails does not keep the others from running.
    pub fn tick(&mut self) {
        let replaced = self.store.store().replaced();
        if replaced.is_some() != self.replaced {
            self.replaced = replaced.is_some();
            (self.on_replaced)(replaced.as_deref());
        }
        let results = [
            self.store.refresh(),
            self.renew_salt(),
            self.prune(),
            self.look_at_set_aside(),
            self.write_referrers(),
        ];
        for error in results.into_iter().filter_map(Result::err) {
            tracing::debug!(%error, "maintenance of the store failed; trying again at once");
        }
        self.free_memory.tick();
    }

    fn look_at_set_aside(&mut self) -> Result<(), StoreError> {
        if let Some(on_set_aside) = &self.on_set_aside
            && self.set_aside_at <= Instant::now()
        {
            on_set_aside(self.store.store().count_set_aside()?);
            self.set_aside_at = Instant::now() + SET_ASIDE_INTERVAL;
        }
        Ok(())
    }

    fn write_referrers(&mut self) -> Result<(), StoreError> {
        let now = Instant::now();
        if now < self.referrers_at {
            return Ok(());
        }
        self.referrers_at = now + REFERRER_INTERVAL;
        self.store.write_referrers()
    }

    fn renew_salt(&mut self) -> Result<(), StoreError> {
        let now = clock::now();
        let today = TimestampMs(now.0 - SALT_GRACE).day();
        if self.salted == Some(today) {
            return Ok(());
        }
        // Whether the store answers or not.
        self.salts.forget_before(today);
        // During the grace period `today` is still yesterday: its salt, and that of the day that has begun.
        for day in [today, TimestampMs(today.0 + DAY)] {
            let Some(proposed) = self.salts.at(day) else {
                let why = "the system gives no random bytes for a salt";
                return Err(StoreError::Unavailable(why.to_owned()));
            };
            let salt = self.store.store().salt(day, proposed, today)?;
            self.salts.set(day, salt);
        }
        self.salted = Some(today);
        Ok(())
    }

    fn prune(&mut self) -> Result<(), StoreError> {
        let (now, store) = (Instant::now(), self.store.store());
        let before = |age: i64| TimestampMs(clock::now().0.saturating_sub(age));
        if let Pruning::Idle = self.pruning
            && now >= self.prune_at
            && store.maintains()?
        {
            self.pruning = Pruning::Viewings((PostId::MIN, i64::MIN));
        }
        self.pruning = match self.pruning {
            Pruning::Idle => Pruning::Idle,
            Pruning::Viewings(after) => {
                match store.prune_viewings(before(self.keep_viewings), after)? {
                    Some(last) => Pruning::Viewings(last),
                    None => Pruning::Names(i64::MIN),
                }
            }
            Pruning::Names(after) => {
                let forgotten_before = before(self.keep_viewings.max(FORGOTTEN_KNOWN));
                match store.prune_names(forgotten_before, after)? {
                    Some(last) => Pruning::Names(last),
                    None => Pruning::Posts,
                }
            }
            Pruning::Posts if store.purge_deleted(before(DELETED_KEPT))? => Pruning::Posts,
            Pruning::Posts => Pruning::Messages,
            Pruning::Messages if store.prune_messages(IDS_KEPT)? => Pruning::Messages,
            Pruning::Messages => {
                self.prune_at = now + PRUNE_INTERVAL;
                Pruning::Idle
            }
        };
        Ok(())
    }
}
