//! Commits that are carried out and whose answers are cut off: nothing is counted twice, nothing is lost.

use std::time::Duration;

use super::identity;
use super::nodes::{Cluster, DATABASE};
use super::readers::{self, Habits, Readers};
use crate::support::proxy::Fault;
use crate::support::until_within;

fn cut_commits(cuts: usize, window: &str) {
    let flags = [
        ("--flush-every", "20ms"),
        ("--counters", "2"),
        ("--dedup-window", window),
        ("--keep-viewings", "36500d"),
    ];
    let Some(mut cluster) = Cluster::empty(&flags) else {
        return;
    };
    let proxy = cluster.proxy();
    for _ in 0..2 {
        cluster.join(&proxy.url(DATABASE));
    }
    cluster.make_posts(20);
    let has_window = window != "0";
    let habits = Habits {
        clients: 4,
        posts: 20,
        viewers: has_window.then_some(1_000),
        pause: Duration::from_millis(2),
    };
    let addresses = cluster.nodes.iter().map(|node| node.address).collect();
    let readers = Readers::start(addresses, habits);
    proxy.set(Fault::CutCommits { one_in: 2 });
    let limit =
        Duration::from_secs(20) + Duration::from_secs(2) * u32::try_from(cuts).expect("few");
    until_within(limit, "commits are cut", || proxy.cuts() >= cuts);
    proxy.set(Fault::None);
    let reads = readers.finish();
    println!(
        "{} answers of commits cut, {} reads in {} ms",
        proxy.cuts(),
        reads.len(),
        reads.last().map_or(0, |read| read.at.as_millis())
    );
    cluster.await_written(Duration::from_secs(60), readers::answered(&reads));
    cluster.stop();
    identity::check(&cluster, &reads, has_window);
}

#[test]
fn commits_whose_answers_are_cut_off_count_once() {
    cut_commits(15, "0");
}

#[test]
fn commits_whose_answers_are_cut_off_count_once_a_window() {
    cut_commits(15, "36500d");
}

#[test]
#[ignore = "slow: make test-long"]
fn a_hundred_commits_whose_answers_are_cut_off_count_once() {
    cut_commits(100, "0");
}
