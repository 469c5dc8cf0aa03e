//! What a round does, decided by its seed.

use fastrand::Rng;

use crate::support::Signal;

/// What goes wrong in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Another process holds the database for a while.
    Locked,
    /// The same until after the stop, which keeps what it cannot write for the next start.
    LockedStop,
    /// `kill -9`.
    Killed,
    /// One signal that asks to stop.
    Signal,
    /// Two signals within a second, which are one.
    TwoSignals,
    /// A second signal while the drain waits for a locked database.
    SecondSignal,
    /// No room on the disk for a while.
    FullDisk,
    /// The same until after the stop.
    FullDiskStop,
    /// The clock is set forward and back.
    ClockSteps,
    /// An access log is imported meanwhile.
    ImportLog,
    /// Posts are changed, made and deleted meanwhile.
    Edits,
}

impl Kind {
    pub const ALL: [Kind; 11] = [
        Kind::Locked,
        Kind::LockedStop,
        Kind::Killed,
        Kind::Signal,
        Kind::TwoSignals,
        Kind::SecondSignal,
        Kind::FullDisk,
        Kind::FullDiskStop,
        Kind::ClockSteps,
        Kind::ImportLog,
        Kind::Edits,
    ];

    pub fn needs_small_disk(self) -> bool {
        matches!(self, Kind::FullDisk | Kind::FullDiskStop)
    }
}

/// A round.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub kind: Kind,
    pub seed: u64,
    pub counters: &'static str,
    pub overflow: &'static str,
    pub capacity: &'static str,
    /// Whether a viewer counts once, or each time.
    pub window: bool,
    pub signal: Signal,
}

impl Plan {
    pub fn new(kind: Kind, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut one_of = |choices: &[&'static str]| choices[random.usize(..choices.len())];
        Self {
            kind,
            seed,
            counters: one_of(&["1", "4"]),
            overflow: one_of(&["coalesce", "shed", "wait"]),
            capacity: one_of(&["8", "65536"]),
            window: random.bool(),
            signal: [Signal::Int, Signal::Term, Signal::Hup][random.usize(..3)],
        }
    }

    /// The flags of `serve` that it is about.
    pub fn flags(&self) -> Vec<(&'static str, &'static str)> {
        let stops_short = matches!(self.kind, Kind::LockedStop | Kind::FullDiskStop);
        vec![
            ("--counters", self.counters),
            ("--overflow", self.overflow),
            ("--overflow-wait", "100ms"),
            ("--queue-capacity", self.capacity),
            // A window that lasts from 1970 to 2069: no clock is set beyond its edges.
            ("--dedup-window", if self.window { "36500d" } else { "0" }),
            ("--keep-viewings", "36500d"),
            ("--scale-after", "200ms"),
            ("--retire-after", "500ms"),
            ("--trust-proxy", "127.0.0.1"),
            ("--exclude", super::reader::EXCLUDED),
            ("--drain-timeout", if stops_short { "1s" } else { "25s" }),
        ]
    }
}
