//! From SQLite to PostgreSQL and back: everything comes along, or is tried without being changed.

use std::time::Duration;

use super::nodes::Cluster;
use crate::support::{Home, until, until_within};

/// The lines of an export of what is at `store`.
fn exported(home: &Home, store: &str) -> Vec<String> {
    let exported = home.run_bare(&["export", "--store", store]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    exported.stdout.lines().map(str::to_owned).collect()
}

fn import(home: &Home, store: &str, lines: &[String]) {
    home.write("moved.jsonl", &(lines.join("\n") + "\n"));
    let imported = home.run_bare(&["import", "export", "moved.jsonl", "--store", store]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
}

#[test]
fn everything_comes_along_both_ways() {
    let Some(cluster) = Cluster::empty(&[]) else {
        return;
    };
    let home = Home::new();
    let server = home.serve().flag("--dedup-window", "1h").start();
    for slug in ["one", "two", "gone", "조회수"] {
        server.create(slug, "text with 'quotes', \"more\" and 조회수");
    }
    for viewer in ["ann", "bob", "ann"] {
        for slug in ["one", "two", "gone"] {
            let path = format!("/posts/{slug}");
            let headers = [("Viewer-Id", viewer)];
            let answer = server.connect().request("GET", &path, &headers, b"");
            assert_eq!(answer.status, 200);
        }
    }
    until("all is counted", || server.views("gone") == 2);
    let deleted = server.connect().request("DELETE", "/posts/gone", &[], b"");
    assert_eq!(deleted.status, 204);
    assert_eq!(server.stop().code, Some(0));
    let sqlite = home.store();
    let before = exported(&home, &sqlite);
    assert!(before.len() > 20, "{before:?}");

    let postgres = cluster.url();
    import(&home, &postgres, &before);
    assert_eq!(exported(&home, &postgres), before);
    let checked = home.run_bare(&["check", "--store", &postgres]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let top = home.run_bare(&["top", "--store", &postgres]);
    assert!(top.stdout.contains("one"), "{top:?}");

    let back = Home::new();
    import(&back, "sqlite:back.db", &before);
    assert_eq!(exported(&back, "sqlite:back.db"), before);
}

#[test]
fn a_log_is_imported_by_a_node_beside_others_and_only_tried_with_dry_run() {
    let Some(mut cluster) = Cluster::start(2, &[]) else {
        return;
    };
    cluster.make_posts(3);
    let home = Home::new();
    let line = |address: usize| {
        format!(
            "10.0.0.{address} - - [01/May/2026:10:00:00 +0000] \"GET /posts/post-1 HTTP/1.1\" 200 5 \"-\" \"Mozilla/5.0\"\n"
        )
    };
    home.write("access.log", (0..20).map(line).collect::<String>());
    let url = cluster.url();
    let log = [
        "import",
        "log",
        "access.log",
        "--path",
        "/posts/{slug}",
        "--store",
        &url,
    ];
    let mut trial = log.to_vec();
    trial.push("--dry-run");
    let tried = home.run_bare(&trial);
    assert_eq!(tried.code, Some(0), "{tried:?}");
    assert_eq!(cluster.written(), 0, "nothing is changed");
    let imported = home.run_bare(&log);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert_eq!(cluster.written(), 20);
    for node in &cluster.nodes {
        until_within(Duration::from_secs(10), "a node tells it", || {
            node.get("/posts/post-1/views").json()["views"] == 20
                && node.get("/posts/post-1?count=false").json()["views"] == 20
        });
    }
    cluster.stop();
}
