//! How long a request takes, again and again.

use std::time::{Duration, Instant};

use crate::support::Client;

/// The first answer must come within `first`; of those after it the median within `most`, and each within ten times
/// that, for a shared machine stalls now and then.
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
        "{path}: first {first:.1?}, then median {:.2?}, longest {:.2?}",
        times[10], times[20]
    );
    assert!(first < first_most, "{path} took {first:?} at first");
    assert!(times[10] < most, "{path} took {:?}", times[10]);
    assert!(times[20] < most * 10, "{path} took {:?} once", times[20]);
}
