//! How long a request takes, again and again.

use std::time::{Duration, Instant};

use crate::support::Client;

/// Asserts [`is_quick`].
pub fn assert_quick(client: &mut Client, path: &str, first_most: Duration, most: Duration) {
    if let Err(problem) = is_quick(client, path, first_most, most) {
        panic!("{problem}");
    }
}

/// The first answer must come within `first_most`; of those after it the median within `most`, and each within ten times
/// that, for a shared machine stalls now and then.
pub fn is_quick(
    client: &mut Client,
    path: &str,
    first_most: Duration,
    most: Duration,
) -> Result<(), String> {
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
    for (took, most, when) in [
        (first, first_most, "at first"),
        (times[10], most, "mostly"),
        (times[20], most * 10, "once"),
    ] {
        if took >= most {
            return Err(format!("{path} took {took:?} {when}"));
        }
    }
    Ok(())
}
