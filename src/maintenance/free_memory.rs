//! Gives the system back what the allocator keeps of memory that was freed.

use std::time::{Duration, Instant};

use crate::allocator;

/// How often it is looked at how much memory there is.
const INTERVAL: Duration = Duration::from_secs(10);

/// So much must have come or gone since the last time: then much of what is left may be free. KiB.
const MUCH: u64 = 16 << 10;

/// A process that has grown by more than this since the last look uses what it has. KiB.
const LITTLE: u64 = 1 << 10;

/// When memory was given back, and how much was left.
///
/// While the store is away views of millions of viewers wait, and go within seconds when it is back: what was between them in
/// the heaps is free then, and no later view will need it. A server whose memory grows, or stays as it is, gives nothing back.
pub struct FreeMemory {
    look_at: Instant,
    /// What there was at the last look, KiB.
    seen: u64,
    /// What there was after the last time, KiB; zero before the first.
    left: u64,
}

impl FreeMemory {
    /// Looks for the first time at the next tick.
    pub fn from_now() -> FreeMemory {
        FreeMemory {
            look_at: Instant::now(),
            seen: 0,
            left: 0,
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
        let Some(resident) = resident() else {
            return;
        };
        let is_growing = resident > self.seen + LITTLE;
        self.seen = resident;
        if !is_growing && resident.abs_diff(self.left) > MUCH {
            allocator::give_back_free_pages();
            self.left = self::resident().unwrap_or(resident);
            self.seen = self.left;
        }
    }
}

/// How much of the process is in memory, in KiB, where there is a `/proc` (proc(5), `VmRSS`).
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let rest = status.split_once("VmRSS:")?.1;
    rest.split_ascii_whitespace().next()?.parse().ok()
}
