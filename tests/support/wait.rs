//! Waiting with a deadline, in the one place that knows how.

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it; generous, because machines that run tests are busy.
pub const WAIT_LIMIT: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(2);

/// Polls `condition` until it holds.
///
/// Panics with `what` when it does not within [`WAIT_LIMIT`].
pub fn until(what: &str, condition: impl FnMut() -> bool) {
    until_within(WAIT_LIMIT, what, condition);
}

/// As [`until`], with another limit: for what takes minutes.
pub fn until_within(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < limit, "gave up waiting until {what}");
        std::thread::sleep(POLL);
    }
}

/// Lets so much time pass in which nothing should happen: for what would be wrong only later.
pub fn let_pass(time: Duration) {
    std::thread::sleep(time);
}

/// Runs a measurement again, once, when it fails.
///
/// Only for bounds on time: a shared machine can stall every process on it for longer than the bound, seldom twice in
/// a row; a server that is too slow is too slow both times. Anything that must be exact is asserted outright.
pub fn twice(what: &str, measure: impl Fn() -> Result<(), String>) {
    if let Err(first) = measure() {
        println!("{what}: {first}; measuring once more");
        if let Err(second) = measure() {
            panic!("{what}: {second}; and the time before: {first}");
        }
    }
}
