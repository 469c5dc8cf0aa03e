//! The `Date` header (RFC 9110 §6.6.1), formatted once a second for each thread.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

thread_local! {
    static LATEST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

/// Appends the time `now`, in seconds since 1970, in the form HTTP wants.
pub(super) fn write(now: u64, out: &mut Vec<u8>) {
    LATEST.with_borrow_mut(|(second, text)| {
        if *second != now {
            *second = now;
            *text = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(now));
        }
        out.extend_from_slice(text.as_bytes());
    });
}
