//! How long the dashboard takes on sites of some size.

use std::time::{Duration, Instant};

use super::negotiation::page;
use crate::support::seed;
use crate::support::{Home, twice};

fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.expect("a clock").as_millis()).expect("a time")
}

/// The first answers of a server that has just started over this site, and those after.
fn measure(home: &Home, first: Duration, later: Duration) -> Result<(), String> {
    let server = home.serve().start();
    let mut wrong = Vec::new();
    for (path, bound) in [
        ("/", first),
        ("/", later),
        ("/?period=1y", first),
        ("/?period=1y&sort=trending", later),
        ("/?period=all&sort=published&by=month", later),
        ("/posts", later),
    ] {
        let started = Instant::now();
        let answer = page(&server, path);
        let took = started.elapsed();
        assert_eq!(answer.status, 200, "{path}");
        println!("{path}: {took:?}");
        if took > bound {
            wrong.push(format!("{path} took {took:?}, of {bound:?}"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; "))
    }
}

#[test]
#[ignore = "writes ten thousand posts, and is of a release"]
fn the_dashboard_of_ten_thousand_posts_is_there_in_100_ms() {
    let home = Home::new();
    drop(seed::large(&home, 10_000, now()));
    let bound = Duration::from_millis(100);
    twice("the dashboard of 10,000 posts", || {
        measure(&home, bound, bound)
    });
}

#[test]
#[ignore = "writes a million posts, and is of a release"]
fn the_dashboard_of_a_million_posts_and_a_year_is_there_in_200_ms() {
    let home = Home::new();
    drop(seed::large(&home, 1_000_000, now()));
    seed::index(&home);
    let (first, later) = (Duration::from_millis(200), Duration::from_millis(100));
    twice("the dashboard of a million posts", || {
        measure(&home, first, later)
    });
}
