//! Which posts are read most *lately*: views weighted by age, halved every [`HALF_LIFE`].
//!
//! An index cannot hold a weight that changes with time, but it can hold the order. Every post's weighted sum
//! multiplied by the same 2^(now / half-life) is a sum over its views of 2^(time / half-life), which changes only when
//! the post is viewed. That number grows without bound, so the column holds its logarithm, and adding views is one
//! `log2(2^a + 2^b)`. The index on it answers `sort=trending` for a million posts as fast as for ten.

use crate::model::time::DAY;

/// The time in which a view loses half its weight: a post with twice the views of another, one day older, ranks equal.
const HALF_LIFE: i64 = DAY;

/// The trend of a post without views.
const NONE: f64 = 0.0;

/// The trend after `views` more at `time` (milliseconds UTC).
pub fn add(trend: f64, views: u64, time: i64) -> f64 {
    if views == 0 {
        return trend;
    }
    let new = time as f64 / HALF_LIFE as f64 + (views as f64).log2();
    if trend == NONE {
        return new;
    }
    let (small, large) = if trend < new {
        (trend, new)
    } else {
        (new, trend)
    };
    large + (small - large).exp2().ln_1p() / std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 20_000 * DAY;

    #[test]
    fn a_view_loses_half_its_weight_in_a_half_life() {
        let old = add(NONE, 2, NOW - HALF_LIFE);
        let new = add(NONE, 1, NOW);
        assert!((old - new).abs() < 1e-9);
        assert!(add(NONE, 3, NOW - HALF_LIFE) > new);
    }

    #[test]
    fn the_order_of_adding_does_not_matter() {
        let one = add(add(add(NONE, 5, NOW - 3 * DAY), 7, NOW), 1, NOW - DAY);
        let other = add(add(add(NONE, 1, NOW - DAY), 5, NOW - 3 * DAY), 7, NOW);
        assert!((one - other).abs() < 1e-9);
        let together = add(NONE, 100, NOW);
        let apart = (0..100).fold(NONE, |trend, _| add(trend, 1, NOW));
        assert!((together - apart).abs() < 1e-9);
    }
}
