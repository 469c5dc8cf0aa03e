//! The way to the database slow, cut, swallowed: no read waits for it, nothing hangs, all is counted when it is over.

use std::time::{Duration, Instant};

use super::identity;
use super::nodes::{Cluster, DATABASE};
use super::readers::{self, Habits, Readers};
use crate::support::proxy::{Fault, Proxy};
use crate::support::{let_pass, until_within};

const POSTS: usize = 20;

/// How long after a fault all must be counted that was read meanwhile.
const RECOVERY: Duration = Duration::from_secs(60);

/// How long a read of a post that is in no memory may take: it is answered from the database, or refused.
const MISS_LIMIT: Duration = Duration::from_secs(25);

/// Reads one node through a fault of its way to the database, and another whose way is free.
fn ride_out(what: &str, fault: impl FnOnce(&Proxy)) {
    let Some(mut cluster) = Cluster::empty(&[]) else {
        return;
    };
    let proxy = cluster.proxy();
    cluster.join(&proxy.url(DATABASE));
    let url = cluster.url();
    cluster.join(&url);
    cluster.make_posts(POSTS);
    // Until the other node has heard of it, and has nothing in memory that it does not rely on.
    let_pass(seconds(2));
    for node in &cluster.nodes {
        for post in 0..POSTS {
            let path = format!("/posts/post-{post}?count=false");
            assert_eq!(node.get(&path).status, 200);
        }
    }
    let habits = Habits {
        clients: 4,
        posts: u32::try_from(POSTS).expect("few"),
        viewers: None,
        pause: Duration::from_millis(2),
    };
    let addresses = cluster.nodes.iter().map(|node| node.address).collect();
    let readers = Readers::start(addresses, habits);
    readers.read_until(Duration::from_secs(30), 100);
    let from = readers.elapsed();
    fault(&proxy);
    let to = readers.elapsed();
    proxy.set(Fault::None);
    let over = Instant::now();
    let before = readers.answered();
    readers.read_until(Duration::from_secs(30), before + 100);
    let reads = readers.finish();
    cluster.await_written(RECOVERY, readers::answered(&reads));
    let [median, p99, slowest] = readers::latencies(&reads, from, to);
    println!(
        "{what}: for {:.1?}; reads p50 {median:.1?}, p99 {p99:.1?}, slowest {slowest:.1?}; all counted {:.1?} after",
        to - from,
        over.elapsed()
    );
    let ready = Instant::now();
    until_within(RECOVERY, "the node is ready", || {
        cluster.nodes[0].get("/readyz").status == 200
    });
    println!("{what}: ready {:.1?} after that", ready.elapsed());
    assert!(median < Duration::from_millis(100), "p50 {median:?}");
    // One that waited for the database would have waited for longer than this.
    assert!(slowest < Duration::from_secs(2), "slowest {slowest:?}");
    cluster.stop();
    identity::check(&cluster, &reads, false);
}

/// A fault for so long.
fn lasting(fault: Fault, time: Duration) -> impl FnOnce(&Proxy) {
    move |proxy| {
        proxy.set(fault);
        let_pass(time);
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_slow_database_is_ridden_out() {
    let fault = Fault::Delay(Duration::from_millis(500));
    ride_out("500 ms each way", lasting(fault, seconds(5)));
}

#[test]
fn a_refusing_database_is_ridden_out() {
    ride_out("refused and reset", |proxy| {
        proxy.set(Fault::Refuse);
        proxy.reset_all();
        let_pass(seconds(3));
    });
}

#[test]
fn resets_are_ridden_out() {
    ride_out("reset ten times", |proxy| {
        for _ in 0..10 {
            proxy.reset_all();
            let_pass(Duration::from_millis(300));
        }
    });
}

#[test]
fn a_partition_is_ridden_out() {
    ride_out("partitioned", lasting(Fault::Partition, seconds(4)));
}

#[test]
#[ignore = "slow: make test-long"]
fn a_partition_of_thirty_seconds_is_ridden_out() {
    ride_out("partitioned", lasting(Fault::Partition, seconds(30)));
}

#[test]
fn connections_that_are_never_answered_are_given_up() {
    ride_out("half-open", lasting(Fault::BlackHole, seconds(4)));
}

#[test]
#[ignore = "slow: make test-long"]
fn connections_that_are_never_answered_for_thirty_seconds_are_given_up() {
    ride_out("half-open", lasting(Fault::BlackHole, seconds(30)));
}

#[test]
fn a_read_that_needs_a_database_that_does_not_answer_is_refused_in_time() {
    for fault in [Fault::Partition, Fault::BlackHole, Fault::Refuse] {
        let Some(mut cluster) = Cluster::empty(&[]) else {
            return;
        };
        let proxy = cluster.proxy();
        cluster.join(&proxy.url(DATABASE));
        let url = cluster.url();
        cluster.join(&url);
        cluster.make_posts(2);
        proxy.set(fault);
        if let Fault::Refuse = fault {
            // It refuses new connections.
            proxy.reset_all();
        }
        let start = Instant::now();
        let answer = cluster.nodes[0].get("/posts/post-0");
        let took = start.elapsed();
        println!("{fault:?}: {} after {took:.1?}", answer.status);
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(took < MISS_LIMIT, "{fault:?}: {took:?}");
        proxy.set(Fault::None);
        until_within(RECOVERY, "it is served", || {
            cluster.nodes[0].get("/posts/post-0?count=false").status == 200
        });
        cluster.stop();
    }
}

/// It holds the rows of its batch, and the lock of those who write.
#[test]
fn a_node_cut_off_in_the_middle_of_a_transaction_does_not_keep_the_others_from_counting() {
    let Some(mut cluster) = Cluster::empty(&[]) else {
        return;
    };
    let proxy = cluster.proxy();
    cluster.join(&proxy.url(DATABASE));
    let url = cluster.url();
    cluster.join(&url);
    cluster.make_posts(1);
    proxy.set(Fault::LoseCommits);
    assert_eq!(cluster.nodes[0].get("/posts/post-0").status, 200);
    until_within(Duration::from_secs(10), "a commit is lost", || {
        proxy.cuts() > 0
    });
    let start = Instant::now();
    assert_eq!(cluster.nodes[1].get("/posts/post-0").status, 200);
    until_within(Duration::from_secs(30), "the other node counts", || {
        cluster.written() >= 1
    });
    println!("the other node counted after {:.1?}", start.elapsed());
    proxy.set(Fault::None);
    cluster.await_written(RECOVERY, 2);
    cluster.stop();
}
