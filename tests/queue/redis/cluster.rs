//! A Cluster of three: partitions are on different nodes, and move from one to another.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use super::tools::{assert_all_came, connect, numbered, receive_all, send_at_last, server, take};
use crate::queue::conformance::calls::{MANY_BYTES, SLACK, WAIT, read, send};
use crate::support::postgres::free_port;
use crate::support::redis_server::RedisServer;
use crate::support::until;

struct Cluster(Vec<RedisServer>);

impl Cluster {
    fn start() -> Option<Cluster> {
        let node = || {
            let bus = free_port().to_string();
            server(&[
                "--cluster-enabled",
                "yes",
                "--cluster-config-file",
                "nodes.conf",
                "--cluster-node-timeout",
                "2000",
                "--cluster-port",
                &bus,
            ])
        };
        let cluster = Cluster(vec![node()?, node()?, node()?]);
        let address = |node: &RedisServer| format!("127.0.0.1:{}", node.port());
        let made = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(cluster.0.iter().map(address))
            .arg("--cluster-yes")
            .output()
            .expect("redis-cli runs");
        assert!(made.status.success(), "{made:?}");
        cluster.until_well();
        Some(cluster)
    }

    fn until_well(&self) {
        until("the Cluster is well", || {
            self.0.iter().all(|node| {
                let info = node.try_ask(&["CLUSTER", "INFO"]).unwrap_or_default();
                info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384")
            })
        });
    }

    /// The addresses of these nodes.
    fn url(&self, nodes: &[usize], parameters: &str) -> String {
        let address = |number: &usize| format!("127.0.0.1:{}", self.0[*number].port());
        let addresses: Vec<String> = nodes.iter().map(address).collect();
        format!("redis+cluster://{}{parameters}", addresses.join(","))
    }

    /// Which node has a key.
    fn home(&self, key: &str) -> usize {
        let has = |node: &RedisServer| node.try_ask(&["TYPE", key]).is_ok();
        self.0.iter().position(has).expect("one has it")
    }

    fn id(&self, node: usize) -> String {
        self.0[node].ask(&["CLUSTER", "MYID"])
    }

    /// Says which node a slot is moving to, or has moved to.
    fn set_slot(&self, slot: &str, from: usize, to: usize) {
        let (from_id, to_id) = (self.id(from), self.id(to));
        self.0[to].ask(&["CLUSTER", "SETSLOT", slot, "IMPORTING", &from_id]);
        self.0[from].ask(&["CLUSTER", "SETSLOT", slot, "MIGRATING", &to_id]);
    }
}

const KEY: &str = "viewtally:{0}";

#[test]
fn partitions_are_on_every_node_and_found_from_any() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let parameters = "?partitions=6";
    let mut engine = connect(&cluster.url(&[0], parameters));
    send(engine.producer.as_mut(), &numbered(0..300));
    let homes: BTreeSet<usize> = (0..6)
        .map(|number| cluster.home(&format!("viewtally:{{{number}}}")))
        .collect();
    assert_eq!(homes.len(), 3);
    let other = connect(&cluster.url(&[2, 1], parameters));
    assert_eq!(assert_all_came(&receive_all(&other, 6), 300), 0);
    // A node that is asked as if it were alone says where to go.
    let mut alone = connect(&cluster.0[(cluster.home(KEY) + 1) % 3].url(""));
    let deadline = Instant::now() + Duration::from_secs(5);
    let error = alone
        .producer
        .send(&numbered(0..1), deadline)
        .expect_err("it has none")
        .to_string();
    assert!(
        error.contains("MOVED") && error.contains("redis+cluster"),
        "{error}"
    );
}

#[test]
fn a_partition_that_moves_to_another_node_is_followed() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let mut engine = connect(&cluster.url(&[0, 1, 2], ""));
    send(engine.producer.as_mut(), &numbered(0..50));
    let mut reader = read(&engine, 0, None);
    take(reader.as_mut(), 50);
    let from = cluster.home(KEY);
    let to = (from + 1) % 3;
    let slot = cluster.0[from].ask(&["CLUSTER", "KEYSLOT", KEY]);
    cluster.set_slot(&slot, from, to);
    // It is still here.
    send(engine.producer.as_mut(), &numbered(50..60));
    let port = cluster.0[to].port().to_string();
    cluster.0[from].ask(&["MIGRATE", "127.0.0.1", &port, KEY, "0", "5000"]);
    // It is there, and the slot is here: this node says who is to be asked once.
    send(engine.producer.as_mut(), &numbered(60..70));
    let mut received = BTreeSet::new();
    let mut until_received = |count: usize| {
        until("the reader follows", || {
            let some = reader.receive(MANY_BYTES, WAIT).unwrap_or_default();
            received.extend(some.into_iter().map(|one| one.bytes));
            received.len() >= count
        });
    };
    until_received(20);
    let id = cluster.id(to);
    for node in [to, from] {
        cluster.0[node].ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &id]);
    }
    send(engine.producer.as_mut(), &numbered(70..80));
    until_received(30);
    assert_eq!(cluster.home(KEY), to);
    assert_all_came(&receive_all(&engine, 1), 80);
}

#[test]
fn a_node_that_is_killed_is_waited_for_and_the_others_may_be_asked() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let parameters = "?partitions=3";
    let mut engine = connect(&cluster.url(&[0, 1, 2], parameters));
    send(engine.producer.as_mut(), &numbered(0..100));
    let home = cluster.home(KEY);
    cluster.0[home].kill();
    let start = Instant::now();
    let limit = Duration::from_secs(1);
    let failed = engine.producer.send(&numbered(100..200), start + limit);
    let error = failed.expect_err("a third of it is away").to_string();
    assert!(start.elapsed() < limit + SLACK && !error.is_empty());
    cluster.0[home].start_again();
    cluster.until_well();
    send_at_last(&mut engine, &numbered(100..200));
    cluster.0[(home + 1) % 3].kill();
    let others = connect(&cluster.url(&[(home + 1) % 3, home], parameters));
    let mut reader = read(&others, 0, None);
    assert!(take(reader.as_mut(), 20).len() >= 20);
    cluster.0[(home + 1) % 3].start_again();
    cluster.until_well();
    assert_all_came(&receive_all(&engine, 3), 200);
}
