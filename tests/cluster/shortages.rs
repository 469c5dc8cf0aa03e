//! PostgreSQL answers, and has no room or no connection left: readers are served, nothing is lost or counted twice.

use std::time::Duration;

use super::identity;
use super::nodes::{Cluster, DATABASE};
use super::readers::{self, Habits, Readers};
use crate::support::small_disk::SmallDisk;
use crate::support::{assert_no_internals, postgres, until_within};

const POSTS: usize = 20;

/// How long until a shortage is noticed, and until all is counted when it is over.
const LIMIT: Duration = Duration::from_secs(60);

/// Whom nodes sign in as that are to have no more connections than others.
const ROLE: &str = "node";

/// Reads a node from before a shortage until after it. Meanwhile each read is answered, readiness turns, and the node's log
/// has these words of the server's.
fn ride_out(
    mut cluster: Cluster,
    url: &str,
    words: &str,
    begin: impl FnOnce(&Cluster),
    end: impl FnOnce(&Cluster),
) {
    cluster.join(url);
    cluster.make_posts(POSTS);
    let node = &cluster.nodes[0];
    for post in 0..POSTS {
        let path = format!("/posts/post-{post}?count=false");
        assert_eq!(node.get(&path).status, 200);
    }
    let habits = Habits {
        clients: 4,
        posts: u32::try_from(POSTS).expect("few"),
        // Each read is a viewer's of its own, and needs a row.
        viewers: None,
        pause: Duration::from_millis(1),
    };
    let readers = Readers::start(vec![node.address], habits);
    readers.read_until(LIMIT, 200);
    begin(&cluster);
    let from = readers.elapsed();
    until_within(LIMIT, "readiness tells it", || {
        node.get("/readyz").status == 503
    });
    let answer = node.get("/readyz");
    assert!(
        answer.text().contains("has not taken a write"),
        "{answer:?}"
    );
    assert_no_internals(&answer.body);
    let before = readers.answered();
    readers.read_until(LIMIT, before + 500);
    let said = node.stderr();
    assert!(said.contains(words), "{words:?} is not in {said}");
    let to = readers.elapsed();
    end(&cluster);
    let before = readers.answered();
    readers.read_until(LIMIT, before + 200);
    let reads = readers.finish();
    cluster.await_written(LIMIT, readers::answered(&reads));
    until_within(LIMIT, "the node is ready", || {
        cluster.nodes[0].get("/readyz").status == 200
    });
    let [median, p99, slowest] = readers::latencies(&reads, from, to);
    println!(
        "{words}: {:.1?}; reads p50 {median:.1?}, p99 {p99:.1?}, slowest {slowest:.1?}",
        to - from
    );
    assert!(slowest < Duration::from_secs(2), "slowest {slowest:?}");
    cluster.stop();
    identity::check(&cluster, &reads, false);
}

#[test]
fn a_full_disk_of_the_server_is_ridden_out() {
    let Some(cluster) = Cluster::empty(&[]) else {
        return;
    };
    // What the server writes ahead has its room elsewhere: without that it would not go on, as when it is stopped.
    let folder = cluster.postgres.folder().join("small");
    let Some(disk) = SmallDisk::at(folder, "48m") else {
        return;
    };
    cluster.postgres.own(disk.path());
    let make = format!(
        "CREATE TABLESPACE small LOCATION '{}'",
        disk.path().display()
    );
    cluster.postgres.psql("postgres", &make);
    let moved = format!("ALTER DATABASE {DATABASE} SET TABLESPACE small");
    cluster.postgres.psql("postgres", &moved);
    let url = cluster.url();
    let filler = std::cell::OnceCell::new();
    ride_out(
        cluster,
        &url,
        "No space left on device",
        |_| {
            filler.get_or_init(|| disk.fill());
        },
        |_| std::fs::remove_file(filler.get().expect("it was filled")).expect("room again"),
    );
}

/// It stops itself, and does not start before there is room.
#[test]
fn a_full_disk_of_the_servers_log_is_ridden_out() {
    let Some(cluster) = Cluster::empty(&[]) else {
        return;
    };
    let Some(disk) = SmallDisk::at(cluster.postgres.folder().join("small"), "200m") else {
        return;
    };
    cluster.postgres.stop();
    let log = cluster.postgres.folder().join("data/pg_wal");
    let moved = std::process::Command::new("cp")
        .arg("-a")
        .args([&log, &disk.path().join("log")])
        .status();
    assert!(moved.expect("cp runs").success());
    std::fs::remove_dir_all(&log).expect("it is copied");
    std::os::unix::fs::symlink(disk.path().join("log"), &log).expect("a link");
    cluster.postgres.start_again();
    let url = cluster.url();
    let filler = std::cell::OnceCell::new();
    ride_out(
        cluster,
        &url,
        "connection",
        |_| {
            filler.get_or_init(|| disk.fill());
        },
        |cluster| {
            let said = cluster.postgres.log();
            assert!(said.contains("No space left on device"), "{said}");
            std::fs::remove_file(filler.get().expect("it was filled")).expect("room again");
            cluster.postgres.kill();
            cluster.postgres.start_again();
        },
    );
}

#[test]
fn a_server_without_a_free_connection_is_ridden_out() {
    let Some(cluster) = Cluster::empty(&[]) else {
        return;
    };
    let make = format!("CREATE ROLE {ROLE} LOGIN; ALTER DATABASE {DATABASE} OWNER TO {ROLE}");
    cluster.postgres.psql("postgres", &make);
    let url = cluster.url().replacen(postgres::USER, ROLE, 1);
    // To a client the limit of a role is the server's: SQLSTATE 53300, when it connects.
    let limit = |cluster: &Cluster, connections: i32| {
        let limit = format!("ALTER ROLE {ROLE} CONNECTION LIMIT {connections}");
        cluster.postgres.psql("postgres", &limit);
    };
    ride_out(
        cluster,
        &url,
        "too many connections",
        |cluster| {
            limit(cluster, 0);
            let ended = format!(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{ROLE}'"
            );
            assert_ne!(cluster.postgres.psql("postgres", &ended), "0");
        },
        |cluster| limit(cluster, -1),
    );
}
