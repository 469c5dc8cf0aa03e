//! Numbers so large that sums over posts would leave 64 bits.

use serde_json::json;

use crate::support::{Home, assert_problem, until};

const MOST: i64 = 1_000_000_000_000;

#[test]
fn no_number_that_can_be_set_makes_the_sums_fail() {
    let home = Home::new();
    let server = home.serve().start();
    let set = |slug: &str, views: i64| {
        let body = json!({"views": views, "reason": "moved"});
        server.send_json("PUT", &format!("/posts/{slug}/views"), &body)
    };
    for slug in ["one", "two"] {
        server.create(slug, "text");
        for too_many in [i64::MAX, MOST + 1] {
            let answer = set(slug, too_many);
            assert_problem(&answer, 422);
            assert_eq!(answer.json()["errors"][0]["pointer"], "/views");
        }
        assert_eq!(set(slug, MOST).status, 200);
        assert_eq!(server.get(&format!("/posts/{slug}")).status, 200);
    }
    until("views go on from there", || {
        server.get("/views").json()["views"] == 2 * MOST + 2
    });
    assert_eq!(server.get("/posts?sort=views").status, 200);
    assert_eq!(server.stop().code, Some(0));

    home.write(
        "counts.csv",
        format!("one,7,{}\ntwo,{}\n", MOST + 1, i64::MAX),
    );
    let finished = home.run(&["import", "counts", "counts.csv"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(finished.stdout, "numbers: 0 set, 2 failed\n");
    assert_eq!(home.run(&["check"]).code, Some(0));
}
