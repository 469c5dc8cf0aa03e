//! The course of a post's views in the width of a word.

use std::fmt::Write as _;
use std::num::NonZeroI64;

use super::time_range::TimeRange;

/// Its steps.
pub const STEPS: usize = 32;

/// Its height in its own units.
const HEIGHT: f64 = 16.0;

/// The length of a step: [`STEPS`] of them cover the time.
pub fn step(time: &TimeRange) -> NonZeroI64 {
    let length = time.end.0.saturating_sub(time.start.0).max(1);
    // Rounded up: the last hour belongs to the last step.
    NonZeroI64::new((length - 1) / STEPS as i64 + 1).unwrap_or(NonZeroI64::MIN)
}

/// The outline of the area below the numbers, which are scaled to the highest of them.
pub fn path(numbers: &[i64; STEPS]) -> String {
    let most = numbers.iter().copied().max().unwrap_or(0);
    if most <= 0 {
        return String::new();
    }
    let mut path = format!("M0 {HEIGHT}");
    let mut level = 0;
    for (place, number) in numbers.iter().enumerate() {
        let height = (*number as f64 / most as f64 * (HEIGHT - 1.0)).ceil() as i64;
        if height != level {
            let _ = write!(path, "H{place}v{}", level - height);
            level = height;
        }
    }
    let _ = write!(path, "H{STEPS}V{HEIGHT}z");
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{By, TimestampMs};

    #[test]
    fn the_area_follows_the_numbers() {
        let mut numbers = [0; STEPS];
        assert_eq!(path(&numbers), "");
        numbers[2] = 10;
        numbers[3] = 10;
        numbers[5] = 1;
        assert_eq!(path(&numbers), "M0 16H2v-15H4v15H5v-2H6v2H32V16z");
        numbers[31] = i64::MAX;
        assert!(
            path(&numbers).ends_with("H31v-15H32V16z"),
            "{}",
            path(&numbers)
        );
    }

    #[test]
    fn the_steps_cover_the_time() {
        for length in [1, 31, 32, 33, 86_400_001, i64::MAX] {
            let time = TimeRange {
                start: TimestampMs(0),
                end: TimestampMs(length),
                by: By::Day,
            };
            assert!((length - 1) / step(&time).get() < STEPS as i64);
        }
    }
}
