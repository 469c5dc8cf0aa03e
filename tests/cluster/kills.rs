//! Nodes killed, PostgreSQL restarted and failed over under load: every 200 that was read is counted or in the ledger once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::identity;
use super::nodes::{Cluster, DATABASE, within_a_second};
use super::readers::{self, Habits, Read, Readers};
use crate::support::postgres::{Postgres, USER};
use crate::support::{Server, Signal, let_pass, until};

const NODES: usize = 3;

/// How long a node that is killed may take to start: while it cannot reach the database, it is started again and again.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How much of it.
pub struct Scale {
    /// Answers to wait for.
    pub reads: u64,
    pub habits: Habits,
    /// From the start of a node to the kill of the next.
    pub kill_every: Duration,
    pub limit: Duration,
}

impl Scale {
    /// A few of everything.
    pub fn quick() -> Self {
        Self {
            reads: 20_000,
            habits: Habits {
                clients: 16,
                posts: 500,
                viewers: Some(200),
                pause: Duration::from_millis(10),
            },
            kill_every: Duration::from_secs(1),
            limit: Duration::from_secs(180),
        }
    }

    /// The issue's own measure; `VIEWTALLY_CLUSTER_READS` sets another number of reads.
    pub fn full() -> Self {
        let asked = std::env::var("VIEWTALLY_CLUSTER_READS");
        Self {
            reads: asked.map_or(1_000_000, |reads| reads.parse().expect("a whole number")),
            habits: Habits {
                clients: 16,
                posts: 10_000,
                viewers: Some(2_000),
                pause: Duration::ZERO,
            },
            kill_every: Duration::from_secs(2),
            limit: Duration::from_secs(1800),
        }
    }
}

/// A window that does not end meanwhile, and time to stop.
pub const FLAGS: [(&str, &str); 3] = [
    ("--dedup-window", "36500d"),
    ("--keep-viewings", "36500d"),
    ("--drain-timeout", "120s"),
];

/// What came of the kills.
#[derive(Default)]
pub struct Kills {
    pub nodes: Vec<Server>,
    pub killed: usize,
    /// Starts that failed, the database being away.
    pub failed_starts: usize,
}

impl Kills {
    /// Says what came of them and of the reads; answers how many of these were answered.
    pub fn tell(&self, reads: &[Read], took: Duration) -> i64 {
        let answered = readers::answered(reads);
        println!(
            "{answered} answered and {} cut off in {took:.0?}; {} kills, {} starts that failed",
            i64::try_from(reads.len()).expect("few") - answered,
            self.killed,
            self.failed_starts
        );
        answered
    }
}

/// Kills one of the nodes now and then and starts it again, as a service manager does, until told to stop.
pub fn kill_on(
    cluster: &Cluster,
    mut nodes: Vec<Server>,
    every: Duration,
    stop: &AtomicBool,
) -> Kills {
    let mut kills = Kills::default();
    while !stop.load(Ordering::Relaxed) {
        let_pass(every);
        let number = fastrand::usize(..nodes.len());
        let node = nodes.remove(number);
        let address = node.address.to_string();
        node.signal(Signal::Kill);
        assert_eq!(node.wait().code, None, "it was killed");
        kills.killed += 1;
        let start = Instant::now();
        let again = loop {
            match cluster.try_start(number, &address) {
                Ok(server) => break server,
                Err(said) => {
                    assert!(start.elapsed() < START_LIMIT, "it does not start: {said}");
                    kills.failed_starts += 1;
                    let_pass(Duration::from_millis(100));
                }
            }
        };
        nodes.insert(number, again);
    }
    kills.nodes = nodes;
    kills
}

/// Restarts PostgreSQL three times while it is written to, and loses it for its standby.
fn disturb(cluster: &Cluster, standby: &Postgres, readers: &Readers, scale: &Scale) {
    for percent in [20, 35, 50] {
        readers.read_until(scale.limit, scale.reads * percent / 100);
        cluster.postgres.restart();
    }
    readers.read_until(scale.limit, scale.reads * 7 / 10);
    cluster.postgres.kill();
    standby.promote();
    readers.read_until(scale.limit, scale.reads);
}

fn survive(scale: &Scale) {
    let Some(mut cluster) = Cluster::empty(&FLAGS) else {
        return;
    };
    let standby = cluster.postgres.standby();
    cluster.postgres.replicate_synchronously();
    let url = format!(
        "postgres://{USER}@127.0.0.1:{},127.0.0.1:{}/{DATABASE}?target_session_attrs=read-write",
        cluster.postgres.port(),
        standby.port()
    );
    for _ in 0..NODES {
        cluster.join(&url);
    }
    cluster.make_posts(scale.habits.posts as usize);
    let addresses = cluster.nodes.iter().map(|node| node.address).collect();
    let (nodes, stop) = (std::mem::take(&mut cluster.nodes), AtomicBool::new(false));
    let readers = Readers::start(addresses, scale.habits);
    let kills = std::thread::scope(|scope| {
        let killer = scope.spawn(|| kill_on(&cluster, nodes, scale.kill_every, &stop));
        disturb(&cluster, &standby, &readers, scale);
        stop.store(true, Ordering::Relaxed);
        killer.join().expect("every node starts again")
    });
    let took = readers.elapsed();
    let mut reads = readers.finish();
    let answered = kills.tell(&reads, took);
    cluster.nodes = kills.nodes;
    cluster.fail_over(standby);
    let rest = Instant::now();
    cluster.settle(scale.limit, answered);
    println!(
        "{} written, {:.1?} after",
        cluster.written(),
        rest.elapsed()
    );
    // What is missing is told by name, before the nodes are asked.
    identity::check(&cluster, &reads, true);
    reads.push(all_agree(&cluster, scale.habits.posts));
    cluster.stop();
    identity::check(&cluster, &reads, true);
}

/// Asserts that all nodes tell what the database has, and a new view within a second; answers the read that made it.
fn all_agree(cluster: &Cluster, posts: u32) -> Read {
    let viewer = u32::MAX;
    let headers = [("Viewer-Id", format!("viewer-{viewer}"))];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let mut client = cluster.nodes[0].connect();
    let answer = client.request("GET", "/posts/post-0", &headers, b"");
    assert_eq!(answer.status, 200, "{answer:?}");
    let views = "SELECT sum(views) FROM counts";
    let before = cluster.number(views);
    until("it is committed", || {
        let of_viewer = format!(
            "SELECT count(*) FROM viewings JOIN viewers ON viewers.id = viewings.viewer WHERE name = 'viewer-{viewer}'"
        );
        cluster.number(&of_viewer) == 1
    });
    let committed = Instant::now();
    let all = cluster.number(views);
    assert!(all <= before + 1, "others are counted meanwhile");
    let late: Vec<String> = cluster
        .nodes
        .iter()
        .filter_map(|node| {
            within_a_second(committed, "a node tells all views", || {
                node.get("/views").json()["views"] == all
            })
            .err()
        })
        .collect();
    assert!(late.is_empty(), "{late:?}");
    for post in (0..posts).step_by(usize::try_from(posts / 50).expect("few").max(1)) {
        let path = format!("/posts/post-{post}/views");
        let of_database = cluster.number(&format!(
            "SELECT views FROM counts JOIN posts ON id = post WHERE slug = 'post-{post}'"
        ));
        for node in &cluster.nodes {
            assert_eq!(node.get(&path).json()["views"], of_database, "{path}");
        }
    }
    let lists = cluster.nodes.iter().map(|node| {
        let list = node.get("/posts?sort=views&limit=50&fields=slug,views");
        list.json()["items"].clone()
    });
    let lists: Vec<serde_json::Value> = lists.collect();
    assert!(lists[0].is_array(), "{lists:?}");
    assert!(
        lists.iter().all(|list| *list == lists[0]),
        "ranked alike: {lists:?}"
    );
    Read {
        viewer,
        post: 0,
        is_answered: true,
        at: Duration::ZERO,
        took: Duration::ZERO,
    }
}

#[test]
fn twenty_thousand_reads_survive_kills_restarts_and_a_failover() {
    survive(&Scale::quick());
}

#[test]
#[ignore = "slow: make test-long"]
fn a_million_reads_survive_kills_restarts_and_a_failover() {
    survive(&Scale::full());
}
