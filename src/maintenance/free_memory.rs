//! Gives the system back what the allocator keeps of memory that was freed.

use std::time::{Duration, Instant};

use crate::allocator;

/// How often it is looked at how much memory there is.
const INTERVAL: Duration = Duration::from_secs(10);

/// What comes or goes between two looks where nothing unusual happens, at most. KiB.
const MOVED: u64 = 4 << 10;

/// How long after the last movement memory is still given back: what waited goes in parts, and some of it is in use at a
/// look that finds the rest free.
const UNTIL_QUIET: Duration = Duration::from_secs(60);

/// How much memory there was, and until when some of it may be free.
///
/// While the store is away views of millions of viewers wait, and go within seconds when it is back: what was between them in
/// the heaps is free then, and no later view will need it. A server whose memory grows, or stays as it is, gives nothing back.
pub struct FreeMemory {
    look_at: Instant,
    /// What there was at the last look, KiB.
    seen: u64,
    quiet_at: Instant,
}

impl FreeMemory {
    /// Looks for the first time at the next tick.
    pub fn from_now() -> FreeMemory {
        FreeMemory {
            look_at: Instant::now(),
            seen: 0,
            quiet_at: Instant::now(),
        }
    }

    /// Gives memory back, if it is time and there may be much of it.
    pub fn tick(&mut self) {
        let now = Instant::now();
        if now < self.look_at {
            return;
        }
        self.look_at = now + INTERVAL;
        // Where nobody tells, nothing is given back.
        let Some(resident) = resident_kib() else {
            return;
        };
        if resident.abs_diff(self.seen) > MOVED {
            self.quiet_at = now + UNTIL_QUIET;
        }
        let is_growing = resident > self.seen + MOVED;
        self.seen = resident;
        if !is_growing && now < self.quiet_at {
            allocator::give_back_free_pages();
            self.seen = resident_kib().unwrap_or(resident);
        }
    }
}

/// How much of the process is in memory, where there is a `/proc` (proc(5), `VmRSS`).
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let rest = status.split_once("VmRSS:")?.1;
    rest.split_ascii_whitespace().next()?.parse().ok()
}
