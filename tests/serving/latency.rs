//! No response waits on the network stack.

use std::time::{Duration, Instant};

use crate::support::{Home, twice};

/// The median time of reads of bodies of these sizes on one keep-alive connection must stay under `bound`.
fn medians_stay_under(bound: Duration, reads: usize) {
    let home = Home::new();
    let server = home.serve().start();
    for (slug, size) in [("small", 100), ("middling", 2_000), ("large", 200_000)] {
        server.create(slug, &"x".repeat(size));
        twice(slug, || {
            let mut client = server.connect();
            let mut took: Vec<Duration> = (0..reads)
                .map(|_| {
                    let start = Instant::now();
                    let answer = client.get(&format!("/posts/{slug}"));
                    assert_eq!(answer.status, 200);
                    assert!(answer.body.len() >= size);
                    start.elapsed()
                })
                .collect();
            took.sort_unstable();
            let (median, slowest) = (took[reads / 2], took[reads - 1]);
            println!("{size} bytes: p50 {median:.1?}, slowest {slowest:.1?}");
            if median < bound {
                Ok(())
            } else {
                Err(format!("p50 of {size} bytes is {median:?}"))
            }
        });
    }
}

/// A body that waits for a delayed acknowledgement takes 40 ms; a debug build on a busy machine does not.
#[test]
fn bodies_of_any_size_are_answered_without_delay() {
    medians_stay_under(Duration::from_millis(20), 40);
}

#[test]
#[ignore = "slow: make test-long"]
fn bodies_of_any_size_are_answered_within_a_millisecond() {
    medians_stay_under(Duration::from_millis(1), 2000);
}
