//! Views that are accepted and not yet counted, of the posts whose numbers are answered with their views.
//!
//! Counting takes a moment, and a first reader who is shown 0 thinks that nothing works. So an answer to a view says what is
//! counted and what is on its way. What is on its way is what was accepted here in the last seconds less what was counted
//! meanwhile: views that turn out to be repeats drop out with time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::model::PostId;

/// Longer than a view is on its way while the store takes writes.
const SPAN: Duration = Duration::from_secs(2);

/// Posts that are followed at once, at most; of more, the number is what is counted, and the view itself.
const MOST: usize = 10_000;

/// See the module.
#[derive(Default)]
pub struct PendingViews {
    posts: Mutex<HashMap<PostId, Spans>>,
}

/// Two spans of time, of which the first is over.
#[derive(Clone, Copy)]
struct Spans {
    first: Span,
    second: Span,
    second_started: Instant,
}

#[derive(Clone, Copy)]
struct Span {
    /// Views accepted in it.
    accepted: i64,
    /// Views counted when it began.
    counted: i64,
}

impl PendingViews {
    /// The views of a post, which has so many counted, with those on their way; one more of them with `adds`. While the store is
    /// `stalled`, all stay on their way.
    pub fn number(
        &self,
        post: PostId,
        counted: i64,
        adds: bool,
        stalled: bool,
        now: Instant,
    ) -> i64 {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        if posts.len() >= MOST && !posts.contains_key(&post) {
            posts.retain(|_, spans| now.duration_since(spans.second_started) < 2 * SPAN);
        }
        let fresh = Span {
            accepted: 0,
            counted,
        };
        let unknown = Spans {
            first: fresh,
            second: fresh,
            second_started: now,
        };
        let is_full = posts.len() >= MOST;
        let spans = match posts.get_mut(&post) {
            Some(spans) => spans,
            None if !adds => return counted,
            None if is_full => return counted + 1,
            None => posts.entry(post).or_insert(unknown),
        };
        let age = now.saturating_duration_since(spans.second_started);
        if age >= 2 * SPAN && !stalled {
            *spans = unknown;
        } else if age >= SPAN && !stalled {
            spans.first = std::mem::replace(&mut spans.second, fresh);
            spans.second_started = now;
        }
        spans.second.accepted += i64::from(adds);
        let accepted = spans.first.accepted + spans.second.accepted;
        let counted_since = counted.saturating_sub(spans.first.counted);
        let pending = accepted
            .saturating_sub(counted_since.max(0))
            .max(i64::from(adds));
        counted.saturating_add(pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(pending: &PendingViews, counted: i64, adds: bool, at: Instant) -> i64 {
        pending.number(1, counted, adds, false, at)
    }

    #[test]
    fn each_view_is_one_more_whether_or_not_those_before_are_counted() {
        let (pending, start) = (PendingViews::default(), Instant::now());
        assert_eq!(number(&pending, 0, true, start), 1);
        assert_eq!(number(&pending, 0, true, start), 2);
        assert_eq!(number(&pending, 1, true, start), 3);
        assert_eq!(number(&pending, 3, false, start), 3);
        assert_eq!(number(&pending, 3, true, start), 4);
        assert_eq!(pending.number(2, 7, false, false, start), 7);
    }

    #[test]
    fn what_was_never_counted_drops_out_with_time() {
        let (pending, start) = (PendingViews::default(), Instant::now());
        for shown in 2..12 {
            // Repeats of one view.
            assert_eq!(number(&pending, 1, true, start), shown);
        }
        assert_eq!(number(&pending, 1, true, start + 5 * SPAN), 2);
        let mut at = start + 10 * SPAN;
        for _ in 0..100 {
            at += SPAN / 2;
            assert!(number(&pending, 1, true, at) <= 6);
        }
    }

    #[test]
    fn while_the_store_is_away_all_stay_on_their_way() {
        let (pending, start) = (PendingViews::default(), Instant::now());
        for minute in 0..10 {
            let at = start + Duration::from_secs(60 * minute);
            let shown = pending.number(1, 5, true, true, at);
            assert_eq!(shown, 6 + i64::try_from(minute).unwrap());
        }
    }

    #[test]
    fn it_follows_so_many_posts_and_no_more() {
        let (pending, start) = (PendingViews::default(), Instant::now());
        for post in 0..2 * i64::try_from(MOST).unwrap() {
            assert_eq!(pending.number(post, 3, true, false, start), 4);
        }
        assert_eq!(pending.posts.lock().unwrap().len(), MOST);
        pending.number(-1, 3, true, false, start + 5 * SPAN);
        assert_eq!(pending.posts.lock().unwrap().len(), 1);
    }
}
