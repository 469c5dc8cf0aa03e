//! The way to the database is cut without a word, as when a machine or a switch loses its power: no kernel answers.

use std::time::{Duration, Instant};

use super::identity;
use super::network::Network;
use super::nodes::{Cluster, DATABASE};
use super::readers::{self, Habits, Read, Readers};
use crate::support::{until, until_within};

const POSTS: usize = 20;

const LIMIT: Duration = Duration::from_secs(60);

/// Longer than a connection that is not answered is kept, whose limits are 10 seconds.
const CUT_FOR: Duration = Duration::from_secs(13);

/// How long a transaction that has lost its node may keep other nodes from counting: it waits for its lock, then stands still
/// for 5 seconds.
const HELD_FOR: Duration = Duration::from_secs(12);

#[test]
fn a_database_that_vanishes_in_the_middle_of_a_batch_is_ridden_out() {
    let Some(mut network) = Network::new() else {
        return;
    };
    let (Some(to_readers), Some(to_database)) = (network.wire(), network.wire()) else {
        return;
    };
    let Some(mut cluster) = Cluster::empty(&[("--flush-every", "50ms")]) else {
        return;
    };
    cluster.postgres.listen_on(to_database.here.into());
    let url = cluster.url();
    let over_wire = url.replacen("127.0.0.1", &to_database.here.to_string(), 1);
    let listen = format!("{}:0", to_readers.there);
    cluster.join_from(network.enter(), &listen, &over_wire);
    cluster.join(&url);
    cluster.make_posts(POSTS);
    for node in &cluster.nodes {
        for post in 0..POSTS {
            let path = format!("/posts/post-{post}?count=false");
            until("it is served", || node.get(&path).status == 200);
        }
    }
    let habits = Habits {
        clients: 4,
        posts: u32::try_from(POSTS).expect("few"),
        viewers: None,
        pause: Duration::from_millis(2),
    };
    let of_node = |node: usize| Readers::start(vec![cluster.nodes[node].address], habits);
    let readers = of_node(0);
    readers.read_until(LIMIT, 100);

    // A batch of the node's waits for these rows when the wire is cut.
    std::thread::scope(|scope| {
        let held = "BEGIN; SELECT 1 FROM counts FOR UPDATE; SELECT pg_sleep(2); COMMIT";
        let holder = scope.spawn(|| cluster.postgres.psql(DATABASE, held));
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE client_addr = '{}' AND wait_event_type = 'Lock'",
            to_database.there
        );
        until("a batch is under way", || cluster.number(&waiting) > 0);
        to_database.cut();
        holder.join().expect("it runs");
    });
    let cut = Instant::now();
    let from = readers.elapsed();
    let viewer = [("Viewer-Id", "viewer-999999999")];
    let answer = cluster.nodes[1]
        .connect()
        .request("GET", "/posts/post-0", &viewer, b"");
    assert_eq!(answer.status, 200);
    until_within(HELD_FOR, "the other node counts", || {
        cluster.number("SELECT count(*) FROM viewers WHERE name = 'viewer-999999999'") == 1
    });
    println!("the other node counted after {:.1?}", cut.elapsed());
    until_within(LIMIT, "readiness tells it", || {
        cluster.nodes[0].get("/readyz").status == 503
    });
    let before = readers.answered();
    readers.read_until(LIMIT, before + 500);
    until("connections have been given up", || cut.elapsed() > CUT_FOR);
    let to = readers.elapsed();
    to_database.mend();
    let over = Instant::now();
    let mut reads = readers.finish();
    reads.push(Read {
        viewer: 999_999_999,
        post: 0,
        is_answered: true,
        at: to,
        took: Duration::ZERO,
    });
    cluster.await_written(LIMIT, readers::answered(&reads));
    let counted = over.elapsed();
    until_within(LIMIT, "the node is ready", || {
        cluster.nodes[0].get("/readyz").status == 200
    });
    let [median, p99, slowest] = readers::latencies(&reads, from, to);
    println!(
        "cut for {:.1?}: reads p50 {median:.1?}, p99 {p99:.1?}, slowest {slowest:.1?}; all counted {counted:.1?} after",
        to - from
    );
    assert!(slowest < Duration::from_secs(2), "slowest {slowest:?}");
    cluster.stop();
    identity::check(&cluster, &reads, false);
}
