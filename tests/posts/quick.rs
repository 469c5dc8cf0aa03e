//! How long a request takes, again and again.

use std::time::{Duration, Instant};

use crate::support::Client;

/// How long an answer may take that looks at few of a million posts: on a quiet machine below 20 ms, which is printed, and a
/// fifth of what looking at all would take. Machines that run tests are shared, and run at half their pace for minutes.
pub const LOOKING_AT_FEW: Duration = Duration::from_millis(100);

/// The first answer must come within `first`; of those after it a quarter within `most`, for what else a machine does only
/// ever adds to the time, and each within ten times that.
pub fn assert_quick(client: &mut Client, path: &str, first_most: Duration, most: Duration) {
    let time = |client: &mut Client| {
        let start = Instant::now();
        let answer = client.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        start.elapsed()
    };
    let first = time(client);
    let mut times: Vec<Duration> = (0..21).map(|_| time(client)).collect();
    times.sort_unstable();
    println!(
        "{path}: first {first:.1?}, then a quarter within {:.2?}, half {:.2?}, all {:.2?}",
        times[5], times[10], times[20]
    );
    assert!(first < first_most, "{path} took {first:?} at first");
    assert!(times[5] < most, "{path} took {:?}", times[5]);
    assert!(times[20] < most * 10, "{path} took {:?} once", times[20]);
}
