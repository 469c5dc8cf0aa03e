//! Which pages are posts: the sites, and how many posts first views may make.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::model::{Sites, TimestampMs};

/// See the module.
pub struct PagePosts {
    /// The sites whose pages are posts. Without any, a page is found by its slug, and makes no post.
    pub sites: Sites,
    /// Posts that first views may make a day.
    pub most_a_day: u64,
    /// The last UTC day of which it is known that no more posts may be made. What is read of an unknown page on it writes
    /// nothing to the store.
    full_on: AtomicI64,
}

impl PagePosts {
    /// For these sites.
    pub fn new(sites: Sites, most_a_day: u64) -> PagePosts {
        PagePosts {
            sites,
            most_a_day,
            full_on: AtomicI64::new(i64::MIN),
        }
    }

    /// Whether a first view may make a post, as far as is known.
    pub fn may_make(&self, now: TimestampMs) -> bool {
        !self.sites.is_empty()
            && self.most_a_day > 0
            && self.full_on.load(Ordering::Relaxed) != now.day().0
    }

    /// Notes that no more posts may be made on this day. Returns whether that is news.
    pub fn set_full(&self, now: TimestampMs) -> bool {
        self.full_on.swap(now.day().0, Ordering::Relaxed) != now.day().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Site;
    use crate::model::time::DAY;

    #[test]
    fn a_full_day_ends() {
        let pages = PagePosts::new(Sites(vec![Site::parse("example.org").unwrap()]), 5);
        let at = TimestampMs(3 * DAY + 7);
        assert!(pages.may_make(at));
        assert!(pages.set_full(at) && !pages.set_full(at));
        assert!(!pages.may_make(TimestampMs(3 * DAY)));
        assert!(pages.may_make(TimestampMs(4 * DAY)));
    }

    #[test]
    fn without_sites_or_with_none_allowed_nothing_is_made() {
        assert!(!PagePosts::new(Sites::default(), 5).may_make(TimestampMs(0)));
        let sites = Sites(vec![Site::parse("example.org").unwrap()]);
        assert!(!PagePosts::new(sites, 0).may_make(TimestampMs(0)));
    }
}
