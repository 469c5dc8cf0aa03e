//! Two versions side by side: a later one has brought the schema up to date while nodes of this one serve.

use super::nodes::Cluster;
use crate::support::{Signal, until};

/// What a later version may do to a database that others use: it adds.
const LATER: &str = "
    CREATE TABLE later (number BIGINT PRIMARY KEY);
    ALTER TABLE posts ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE counts ADD COLUMN later BIGINT;
    INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')";

#[test]
fn nodes_go_on_when_a_later_version_has_changed_the_schema_and_start_no_more() {
    let Some(mut cluster) = Cluster::start(2, &[]) else {
        return;
    };
    cluster.make_posts(2);
    cluster.rows(LATER);
    for node in &cluster.nodes {
        assert_eq!(node.get("/posts/post-0").status, 200);
    }
    until("both count", || cluster.written() == 2);
    cluster.nodes[0].create("new", "text");
    until("the other serves it", || {
        cluster.nodes[1].get("/posts/new?count=false").status == 200
    });
    assert_eq!(cluster.nodes[1].get("/readyz").status, 200);

    // What the first had not counted stays in its journal.
    let killed = cluster.nodes.remove(0);
    let address = killed.address.to_string();
    assert_eq!(killed.get("/posts/post-1").status, 200);
    killed.signal(Signal::Kill);
    killed.wait();
    let Err(said) = cluster.try_start(0, &address) else {
        panic!("it starts");
    };
    let words = "the database has schema 99999999999999, this program knows up to";
    assert!(said.contains(words), "{said}");
    assert!(said.contains("try a newer version of viewtally"), "{said}");
    assert_eq!(cluster.nodes[0].get("/posts/post-0").status, 200);
    until("the other counts on", || cluster.written() >= 3);

    // The later version, as far as this one can play it.
    cluster.rows("DELETE FROM __diesel_schema_migrations WHERE version = '99999999999999'");
    let upgraded = cluster.try_start(0, &address).expect("it starts");
    cluster.nodes.insert(0, upgraded);
    until("what its journal has is counted", || cluster.written() == 4);
    cluster.stop();
}
