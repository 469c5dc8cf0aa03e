//! The de-duplication window: which of a viewer's reads are views.

use crate::model::Visit;

/// Splits a visit's reads into views and repeats. `counted_at` is the time of the viewer's last counted view, and is
/// moved when this visit counts.
///
/// The window is fixed: it begins with a counted view and ends `window` milliseconds later, whatever happens in
/// between, so a reader who reloads all day counts once a window. A visit from more than a window *before* the last
/// counted view is a view as well: with several counters, an earlier visit may be committed later.
pub fn count_visit(visit: &Visit, counted_at: &mut Option<i64>, window: i64) -> (u64, u64) {
    if window == 0 {
        *counted_at = Some(counted_at.map_or(visit.last, |at| at.max(visit.last)));
        return (visit.count, 0);
    }
    match *counted_at {
        Some(last) if (visit.first - last).abs() < window => (0, visit.count),
        Some(last) if visit.first < last => (1, visit.count - 1),
        _ => {
            *counted_at = Some(visit.first);
            (1, visit.count - 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(moments: &[i64], window: i64, mut counted_at: Option<i64>) -> Vec<u64> {
        let visit = |&at: &i64| Visit {
            first: at,
            last: at,
            count: 1,
        };
        moments
            .iter()
            .map(|at| count_visit(&visit(at), &mut counted_at, window).0)
            .collect()
    }

    #[test]
    fn the_window_is_fixed_from_the_counted_view() {
        assert_eq!(
            counted(&[0, 5, 9, 10, 19, 20], 10, None),
            [1, 0, 0, 1, 0, 1]
        );
        assert_eq!(counted(&[5, 9], 10, Some(0)), [0, 0]);
    }

    #[test]
    fn a_visit_committed_late_counts_if_no_window_holds_it() {
        assert_eq!(counted(&[0], 10, Some(10)), [1]);
        assert_eq!(counted(&[1], 10, Some(10)), [0]);
    }

    #[test]
    fn without_a_window_everything_counts() {
        let visit = Visit {
            first: 1,
            last: 2,
            count: 7,
        };
        assert_eq!(count_visit(&visit, &mut Some(1), 0), (7, 0));
        assert_eq!(count_visit(&visit, &mut None, 10), (1, 6));
    }
}
