//! Numbers so large that sums over posts would leave 64 bits.

use serde_json::json;

use crate::support::{Home, assert_problem, seed, until};

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

#[test]
fn no_hour_however_long_ago_makes_an_answer_fail() {
    let home = Home::new();
    let server = home.serve().start();
    let post = server.create("one", "text");
    assert_eq!(server.get("/posts/one").status, 200);
    until("it is counted", || server.views("one") == 1);
    assert_eq!(server.stop().code, Some(0));
    for hour in [0, -300_000_000_000_000, i64::MIN, i64::MAX] {
        home.database().execute(&format!(
            "INSERT INTO hourly_views VALUES ({post}, {hour}, 1), (0, {hour}, 1);
             UPDATE counts SET views = views + 1"
        ));
    }
    seed::sum_up_site(&mut home.database());
    let server = home.serve().start();
    for path in [
        "/views",
        "/posts/one/views",
        "/posts/one/views?by=day&tz=Asia/Seoul",
    ] {
        for period in ["24h", "1y", "all"] {
            let path = format!(
                "{path}{}period={period}",
                if path.contains('?') { "&" } else { "?" }
            );
            let answer = server.get(&path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            let answer = answer.json();
            let buckets = answer["series"].as_array().expect("a series");
            let first = buckets.first().expect("a bucket");
            if period == "all" {
                assert_eq!(answer["views"], 5, "{path}");
                let since = answer["since"].as_str().expect("what is left out is said");
                assert!(since.starts_with("19"), "{since}");
                assert!(first.to_string().contains("\"19"), "{first}");
            }
        }
    }
    assert_eq!(server.get("/posts?sort=views&period=all").status, 200);
    assert_eq!(server.get("/posts?sort=trending").status, 200);
    assert_eq!(server.stop().code, Some(0));

    // What no calendar has cannot be exported and read back.
    let told = home.run(&["check"]);
    let line = format!(
        "hourly_views: 2 rows of post {post} with hour that cannot be, -9223372036854775808 to 9223372036854775807\n"
    );
    assert!(told.stdout.contains(&line), "{told:?}");
    assert_eq!(home.run(&["check", "--repair"]).code, Some(0));
    assert_eq!(home.run(&["check"]).code, Some(0));
    assert_eq!(home.database().views(), 3);
    let export = home.run(&["export", "--output", "all.jsonl"]);
    assert_eq!(export.code, Some(0), "{export:?}");
    let file = home.path().join("all.jsonl");
    let read = Home::new().run(&["import", "export", &file.to_string_lossy()]);
    assert_eq!(read.code, Some(0), "{read:?}");
}
