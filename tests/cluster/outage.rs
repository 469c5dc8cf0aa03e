//! PostgreSQL stopped for a while: readers notice nothing, the nodes say so, and nothing is lost.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::nodes::Cluster;
use crate::support::{Load, LoadResult, WAIT_LIMIT, assert_no_internals, twice, until};

const POSTS: usize = 50;

/// Reads through so long a time without PostgreSQL; the answers of as long a time before, and of that one.
fn through_a_stop(clients: usize, stopped: Duration) -> Option<(LoadResult, LoadResult)> {
    let mut cluster = Cluster::start(2, &[])?;
    cluster.make_posts(POSTS);
    let paths: Vec<String> = (0..POSTS)
        .map(|number| format!("/posts/post-{number}"))
        .collect();
    for node in &cluster.nodes {
        for path in &paths {
            assert_eq!(node.get(&format!("{path}?count=false")).status, 200);
        }
    }
    let node = &cluster.nodes[0];
    let load = Load::start(node.address, clients, &paths);
    load.run_for(Duration::from_millis(300));
    let quiet_from = load.elapsed();
    load.run_for(stopped);
    let quiet_to = load.elapsed();
    cluster.postgres.stop();
    let stopped_from = load.elapsed();
    load.run_for(stopped);
    until("the node says that it is not ready", || {
        node.get("/readyz").status == 503
    });
    let answer = node.get("/readyz");
    assert!(!answer.body.is_empty(), "it says why");
    assert_no_internals(&answer.body);
    assert_eq!(node.get("/healthz").status, 200, "alive all the same");
    let stopped_to = load.elapsed();
    cluster.postgres.start_again();
    until("the node is ready", || node.get("/readyz").status == 200);
    let result = load.finish();
    assert_eq!(
        (result.refused, result.cut, result.unexpected.len()),
        (0, 0, 0),
        "no reader's business"
    );
    cluster.await_written(WAIT_LIMIT, result.answered());
    cluster.stop();
    assert_eq!(cluster.written(), result.answered());
    Some((
        result.between(quiet_from, quiet_to),
        result.between(stopped_from, stopped_to),
    ))
}

#[test]
fn reads_go_on_while_postgres_is_stopped_and_all_are_counted_after() {
    let Some((quiet, stopped)) = through_a_stop(4, Duration::from_secs(2)) else {
        return;
    };
    println!("{}; stopped: {}", quiet.latencies(), stopped.latencies());
    assert!(
        stopped.quantile(0.5) < Duration::from_millis(100),
        "{}",
        stopped.latencies()
    );
}

/// The bound, as for a locked SQLite.
#[test]
#[ignore = "slow: make test-long"]
fn reads_keep_their_pace_through_ten_seconds_without_postgres() {
    twice("ten seconds without PostgreSQL", || {
        let Some((quiet, stopped)) = through_a_stop(64, Duration::from_secs(10)) else {
            return Ok(());
        };
        println!("quiet:   {}", quiet.latencies());
        println!("stopped: {}", stopped.latencies());
        let (before, during) = (quiet.quantile(0.99), stopped.quantile(0.99));
        if during > before * 2 {
            return Err(format!("p99 {during:?} without it, {before:?} with it"));
        }
        Ok(())
    });
}

#[test]
fn a_node_that_stops_without_postgres_leaves_its_views_to_its_next_start() {
    let Some(mut cluster) = Cluster::start(2, &[("--drain-timeout", "1s")]) else {
        return;
    };
    cluster.make_posts(1);
    cluster.postgres.stop();
    let stopped = cluster.nodes.remove(0);
    let address = stopped.address.to_string();
    for _ in 0..7 {
        assert_eq!(stopped.get("/posts/post-0").status, 200);
    }
    let finished = stopped.stop();
    assert_eq!(finished.code, Some(3), "{finished:?}");
    cluster.postgres.start_again();
    let again = cluster.try_start(0, &address).expect("it starts again");
    cluster.nodes.insert(0, again);
    cluster.await_written(WAIT_LIMIT, 7);
    cluster.stop();
}

/// Machines that lost their power come back at the same time.
#[test]
fn a_node_that_starts_before_postgres_waits_for_it() {
    let Some(mut cluster) = Cluster::start(1, &[]) else {
        return;
    };
    cluster.make_posts(1);
    let stopped = cluster.nodes.remove(0);
    let address = stopped.address.to_string();
    assert_eq!(stopped.stop().code, Some(0));
    cluster.postgres.stop();
    let node = std::thread::scope(|scope| {
        // In the place of PostgreSQL, to see the node try.
        let in_place = TcpListener::bind(("127.0.0.1", cluster.postgres.port()));
        let starting = scope.spawn(|| cluster.try_start(0, &address));
        drop(
            in_place
                .expect("it is stopped")
                .accept()
                .expect("the node tries"),
        );
        cluster.postgres.start_again();
        starting.join().expect("no panic").expect("it starts")
    });
    let said = node.stderr();
    assert!(said.contains("trying for 30s"), "{said}");
    cluster.nodes.push(node);
    assert_eq!(cluster.nodes[0].get("/posts/post-0").status, 200);
    cluster.await_written(WAIT_LIMIT, 1);
    cluster.stop();
}

#[test]
#[ignore = "slow: make test-long"]
fn a_node_gives_up_a_postgres_that_never_comes() {
    let Some(mut cluster) = Cluster::start(1, &[]) else {
        return;
    };
    let stopped = cluster.nodes.remove(0);
    let address = stopped.address.to_string();
    assert_eq!(stopped.stop().code, Some(0));
    cluster.postgres.stop();
    let start = Instant::now();
    let Err(said) = cluster.try_start(0, &address) else {
        panic!("it starts");
    };
    assert!(start.elapsed() > Duration::from_secs(29));
    assert!(said.contains("cannot open store postgres://"), "{said}");
    assert!(said.contains("try psql with the same address"), "{said}");
}
