//! `check`: numbers that are not the sum of their rows are found, told, and mended on demand.

use crate::support::Home;

fn home_with_views() -> Home {
    let home = Home::new();
    let line = |minute: usize, path: &str, agent: &str| {
        format!(
            "192.0.2.{minute} - - [17/May/2015:10:{minute:02}:03 +0000] \"GET {path} HTTP/1.1\" 200 1 \"-\" \"{agent}\"\n"
        )
    };
    let mut log = String::new();
    for minute in 0..20 {
        log += &line(minute, "/a", "Firefox");
        log += &line(minute, ["/b", "/c"][minute % 2], "Firefox");
    }
    home.write("a.log", log + &line(1, "/a", "Googlebot"));
    let finished = home.run(&["import", "log", "a.log", "--create"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    home
}

#[test]
fn what_adds_up_is_called_so() {
    let home = home_with_views();
    let finished = home.run(&["check"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, "every number is the sum of its rows\n");
}

#[test]
fn damage_is_told_and_mended() {
    let home = home_with_views();
    home.database().execute(
        "PRAGMA foreign_keys = OFF;
         UPDATE counts SET views = 41, viewers = 19 WHERE post = 1;
         UPDATE hourly_views SET views = 7 WHERE post = 0;
         INSERT INTO hourly_views VALUES (99, 3600000, 5);
         INSERT INTO ledger VALUES (99, 0, 'bot', 5);
         INSERT INTO ledger VALUES (1, 0, 'odd', 3);
         INSERT INTO corrections (post, at, views, viewers, reason) VALUES (99, 0, 5, 5, '');
         INSERT INTO viewings VALUES (99, -5, 1, 1, 1, 1);
         INSERT INTO viewings VALUES (2, 77, 1, 1, 1, 1);
         UPDATE counts SET viewers = viewers + 1 WHERE post = 2;
         DELETE FROM counts WHERE post = 3;",
    );
    let told = "\
hourly_views: 1 rows of post 99, which does not exist
ledger: 1 rows of post 99, which does not exist
corrections: 1 rows of post 99, which does not exist
viewings: 1 rows of post 99, which does not exist
post 3 (c): it has no numbers
viewings: 1 rows of viewer 77, who has no name
ledger of post 1: 3 under \"odd\", which is no reason
post 1 (a): views is 41, its rows say 20
post 1 (a): viewers is 19, its rows say 20
site at 1970-01-01T01:00:00Z: views is 0, its posts say 5
site at 2015-05-17T10:00:00Z: views is 7, its posts say 40
";
    let finished = home.run(&["check"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(
        finished.stdout,
        format!("{told}differences: 11; --repair mends them\n")
    );

    let finished = home.run(&["check", "--repair"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, format!("{told}mended: 11\n"));
    assert_eq!(home.run(&["check"]).code, Some(0));

    let mut database = home.database();
    assert_eq!(database.views(), 40);
    assert_eq!((database.views_of(1), database.views_of(3)), (20, 10));
    // Nothing that was told to the ledger is lost, and nobody who viewed.
    assert_eq!(
        (database.uncounted("bot"), database.uncounted("dropped")),
        (1, 3)
    );
    assert_eq!(
        database.number("SELECT viewers AS number FROM counts WHERE post = 2"),
        11
    );
    let site = "SELECT views AS number FROM hourly_views WHERE post = 0";
    assert_eq!(database.number(site), 40);
}

#[test]
fn a_deleted_post_takes_its_rows_and_its_part_of_the_site_along() {
    let home = home_with_views();
    home.write("counts.csv", "a,100,90\n");
    assert_eq!(home.run(&["import", "counts", "counts.csv"]).code, Some(0));
    let server = home.serve().start();
    assert_eq!(
        server
            .connect()
            .request("DELETE", "/posts/a", &[], b"")
            .status,
        204
    );
    assert_eq!(server.stop().code, Some(0));
    let finished = home.run(&["check"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut database = home.database();
    let site = "SELECT sum(views) AS number FROM hourly_views WHERE post = 0";
    assert_eq!((database.views(), database.number(site)), (20, 20));
    let rows = "SELECT (SELECT count(*) FROM viewings WHERE post = 1)
        + (SELECT count(*) FROM corrections) AS number";
    assert_eq!(database.number(rows), 0);
}
