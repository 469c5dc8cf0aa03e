//! The `Date` header (RFC 9110 §6.6.1), written once a second for each thread.

use std::cell::RefCell;
use std::time::SystemTime;

use crate::model::TimestampMs;

thread_local! {
    static LATEST: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
}

/// Appends `now` in the form HTTP wants.
pub(super) fn write(now: TimestampMs, out: &mut Vec<u8>) {
    LATEST.with_borrow_mut(|(second, text)| {
        if *second != now.seconds() {
            *second = now.seconds();
            let since_epoch = std::time::Duration::from_secs(u64::try_from(*second).unwrap_or(0));
            *text = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since_epoch);
        }
        out.extend_from_slice(text.as_bytes());
    });
}
