//! Whichever node is asked, the answer is the same, at most a second behind a commit anywhere.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::identity;
use super::nodes::{Cluster, within_a_second};
use super::readers::{self, Habits, Readers};
use crate::support::{Server, let_pass, twice, until};

/// The views of a post wherever a node tells them: its numbers, the post itself, a list, the site.
fn views_everywhere(node: &Server, slug: &str) -> [i64; 4] {
    let number = |path: &str| {
        let json = node.get(path).json();
        let of_list = json["items"][0]["views"].as_i64();
        let found = of_list.or(json["views"].as_i64());
        found.unwrap_or_else(|| panic!("{path} tells no views: {json}"))
    };
    [
        number(&format!("/posts/{slug}/views")),
        number(&format!("/posts/{slug}?count=false")),
        number("/posts?sort=views&limit=1"),
        number("/views"),
    ]
}

#[test]
fn numbers_are_the_same_on_every_node_within_a_second_of_a_commit() {
    let Some(mut cluster) = Cluster::start(3, &[]) else {
        return;
    };
    cluster.nodes[0].create("hello", "text");
    let expected = Cell::new(0);
    twice("numbers everywhere", || {
        for reader in &cluster.nodes {
            until("it is served", || {
                reader.get("/posts/hello?count=false").status == 200
            });
            for _ in 0..5 {
                assert_eq!(reader.get("/posts/hello").status, 200);
            }
            expected.set(expected.get() + 5);
            until("it is committed", || {
                cluster.number("SELECT sum(views) FROM counts") == expected.get()
            });
            let committed = Instant::now();
            for (number, node) in cluster.nodes.iter().enumerate() {
                within_a_second(committed, &format!("node {number} tells it"), || {
                    views_everywhere(node, "hello") == [expected.get(); 4]
                })?;
            }
        }
        Ok(())
    });
    cluster.stop();
}

#[test]
fn posts_are_made_changed_and_deleted_on_every_node_within_a_second() {
    let Some(mut cluster) = Cluster::start(3, &[]) else {
        return;
    };
    let made = Cell::new(0);
    twice("posts everywhere", || {
        for writer in &cluster.nodes {
            made.set(made.get() + 1);
            let slug = format!("post-{}", made.get());
            let path = format!("/posts/{slug}");
            let read = |node: &Server| node.get(&format!("{path}?count=false"));
            let everywhere = |what: &str, shows: &dyn Fn(&Server) -> bool| {
                let since = Instant::now();
                let mut nodes = cluster.nodes.iter();
                nodes.try_for_each(|node| within_a_second(since, what, || shows(node)))
            };
            let body_is = |node: &Server, body: &str| {
                let answer = read(node);
                answer.status == 200 && answer.json()["body"] == body
            };
            for node in &cluster.nodes {
                assert_eq!(read(node).status, 404, "that it is not there is known, too");
            }
            writer.create(&slug, "first");
            everywhere("it is made", &|node| body_is(node, "first"))?;
            let change = serde_json::json!({"title": "Changed", "body": "second"});
            assert_eq!(writer.send_json("PUT", &path, &change).status, 200);
            everywhere("it is changed", &|node| body_is(node, "second"))?;
            let deleted = writer.connect().request("DELETE", &path, &[], b"");
            assert_eq!(deleted.status, 204, "{deleted:?}");
            everywhere("it is deleted", &|node| read(node).status == 404)?;
        }
        Ok(())
    });
    cluster.stop();
}

#[test]
fn an_edit_on_another_node_leaves_the_other_posts_in_memory() {
    let Some(mut cluster) = Cluster::start(2, &[]) else {
        return;
    };
    cluster.make_posts(20);
    let read = |post: usize| cluster.nodes[0].get(&format!("/posts/post-{post}?count=false"));
    // The import has been heard of, and nothing that is read from here on is evicted for it.
    let_pass(Duration::from_secs(2));
    for post in 0..20 {
        assert_eq!(read(post).status, 200);
    }
    let change = serde_json::json!({"title": "Changed", "body": "second"});
    let changed = cluster.nodes[1].send_json("PUT", "/posts/post-3", &change);
    assert_eq!(changed.status, 200);
    until("the edit is heard of", || {
        read(3).json()["body"] == "second"
    });
    cluster.postgres.stop();
    for post in 0..20 {
        let answer = read(post);
        assert_eq!(
            answer.status, 200,
            "post-{post} is not in memory: {answer:?}"
        );
    }
    cluster.postgres.start_again();
    until("the node is ready", || {
        cluster.nodes[0].get("/readyz").status == 200
    });
    cluster.stop();
}

/// Reads at random nodes, of posts and by viewers who come again.
fn reads_are_counted(window: &str) {
    let flags = [("--dedup-window", window), ("--keep-viewings", "36500d")];
    let Some(mut cluster) = Cluster::start(3, &flags) else {
        return;
    };
    cluster.make_posts(50);
    let habits = Habits {
        clients: 6,
        posts: 50,
        viewers: Some(200),
        pause: Duration::from_millis(2),
    };
    let addresses = cluster.nodes.iter().map(|node| node.address).collect();
    let readers = Readers::start(addresses, habits);
    readers.read_until(Duration::from_secs(30), 3_000);
    let reads = readers.finish();
    cluster.settle(Duration::from_secs(60), readers::answered(&reads));
    identity::check(&cluster, &reads, window != "0");
    cluster.stop();
}

#[test]
fn every_read_at_any_node_counts() {
    reads_are_counted("0");
}

#[test]
fn every_read_at_any_node_counts_or_is_a_duplicate() {
    reads_are_counted("36500d");
}

#[test]
fn a_viewer_counts_once_a_window_whichever_nodes_are_read() {
    let flags = [
        ("--dedup-window", "36500d"),
        ("--keep-viewings", "36500d"),
        ("--trust-proxy", "127.0.0.1"),
    ];
    let Some(mut cluster) = Cluster::start(3, &flags) else {
        return;
    };
    cluster.make_posts(1);
    for headers in [("Viewer-Id", "ann"), ("X-Forwarded-For", "203.0.113.1")] {
        for node in cluster.nodes.iter().chain(&cluster.nodes) {
            let mut client = node.connect();
            let answer = client.request("GET", "/posts/post-0", &[headers], b"");
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
    until("all is written", || cluster.written() == 12);
    for node in &cluster.nodes {
        until("a node tells it", || {
            let numbers = node.get("/posts/post-0/views").json();
            numbers["views"] == 2
                && numbers["viewers"] == 2
                && numbers["uncounted"]["duplicate"] == 10
        });
    }
    cluster.stop();
}
