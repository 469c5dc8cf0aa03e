//! The de-duplication window: time cut into equal parts, aligned to the clock.

use std::time::Duration;

use super::time::{HOUR, floor};

/// The longest time over which visits merge, so that its length takes 32 bits: 49 days, in milliseconds.
const MERGED_SPAN: i64 = 1 << 32;

/// Parts of time, counted from the epoch: for lengths that divide a day, from each midnight UTC. A viewer counts once a
/// post and window, so what counted is a set, and no order of visits makes a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DedupWindow {
    /// In milliseconds; 0 for none.
    length: i64,
}

impl DedupWindow {
    /// No window: every visit counts.
    pub const NONE: DedupWindow = DedupWindow { length: 0 };

    /// The shortest window. Visits that it merges are of one window whatever its length.
    pub const SHORTEST: DedupWindow = DedupWindow { length: 1 };

    /// Windows of this length, in whole milliseconds; none if there is not one.
    pub fn new(length: Duration) -> DedupWindow {
        DedupWindow {
            length: i64::try_from(length.as_millis()).unwrap_or(i64::MAX),
        }
    }

    /// The start of the window that a time lies in, milliseconds UTC; `None` without a window.
    pub fn start(self, at: i64) -> Option<i64> {
        (self.length > 0).then(|| floor(at, self.length))
    }

    /// The first time whose visits merge with those at `at`, without changing what counts: the start of the window, or
    /// without one that of the hour, to which all its visits add. In windows longer than 49 days, not all visits merge.
    pub(super) fn merge_start(self, at: i64) -> i64 {
        let start = self.start(at).unwrap_or_else(|| floor(at, HOUR));
        start.max(floor(at, MERGED_SPAN))
    }

    /// The length in milliseconds; 0 for none.
    pub fn length(self) -> i64 {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_aligned_to_the_clock_on_both_sides_of_the_epoch() {
        let window = DedupWindow::new(Duration::from_secs(3600));
        assert_eq!(window.start(HOUR - 1), Some(0));
        assert_eq!(window.start(HOUR), Some(HOUR));
        assert_eq!(window.start(-1), Some(-HOUR));
        assert_eq!(DedupWindow::NONE.start(5), None);
        assert_eq!(
            DedupWindow::new(Duration::from_micros(5)),
            DedupWindow::NONE
        );
        let longest = DedupWindow::new(Duration::MAX);
        assert_eq!(longest.start(i64::MAX - 1), Some(0));
        assert_eq!(longest.start(-1), Some(-i64::MAX));
    }

    #[test]
    fn without_a_window_visits_merge_by_the_hour() {
        assert_eq!(DedupWindow::NONE.merge_start(2 * HOUR + 5), 2 * HOUR);
        assert_eq!(DedupWindow::SHORTEST.merge_start(7), 7);
    }

    #[test]
    fn in_a_long_window_visits_merge_by_a_part_of_it() {
        let window = DedupWindow::new(Duration::from_millis(10 << 32));
        assert_eq!(window.merge_start((1 << 32) - 1), 0);
        assert_eq!(window.merge_start((1 << 32) + 1), 1 << 32);
        let window = DedupWindow::new(Duration::from_millis(3 << 31));
        assert_eq!(window.merge_start((3 << 31) + 1), 3 << 31);
    }
}
