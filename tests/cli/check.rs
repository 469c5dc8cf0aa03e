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
         INSERT INTO post_tags VALUES ('tag', 99);
         INSERT INTO viewings VALUES (2, 77, 1, 1, 1, 1);
         UPDATE counts SET viewers = viewers + 1 WHERE post = 2;
         DELETE FROM counts WHERE post = 3;
         INSERT INTO counts (post) VALUES (98);",
    );
    let told = "\
hourly_views: 1 rows of post 99, which does not exist
ledger: 1 rows of post 99, which does not exist
corrections: 1 rows of post 99, which does not exist
viewings: 1 rows of post 99, which does not exist
counts: 1 rows of post 98, which does not exist
post_tags: 1 rows of post 99, which does not exist
post 3 (c): it has no numbers
viewings: 1 rows of viewer 77, who has no name
ledger of post 1: 3 under \"odd\", which is no reason
post 1 (a): views is 41, its rows say 20
post 1 (a): viewers is 19, its rows say 20
site at 1970-01-01T01:00:00Z: views is 0, its posts say 5
site at 2015-05-17T10:00:00Z: views is 7, its posts say 40
site: views is 40, its rows say 51
site: viewers is 40, its rows say 30
site: bot is 1, its rows say 6
";
    let found = 16;
    let finished = home.run(&["check"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(
        finished.stdout,
        format!("{told}differences: {found}; --repair mends what can be mended\n")
    );

    let finished = home.run(&["check", "--repair"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, format!("{told}mended: {found}\n"));
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
fn addresses_and_referrers_are_told_and_mended() {
    let home = home_with_views();
    home.database().execute(
        "PRAGMA foreign_keys = OFF;
         UPDATE posts SET address = 'example.org/a' WHERE id = 1;
         UPDATE posts SET address = 'www.example.org/a/' WHERE id = 2;
         UPDATE posts SET address = 'b' || char(9) || 'c' WHERE id = 3;
         INSERT INTO referrers VALUES (99, 0, 'x.example', 1), (1, 0, 'x.example', 4), (1, 0, 'y.example/a', 1),
             (0, 0, 'x.example', 9), (2, 0, 'x.example', 0);",
    );
    let told = "\
referrers: 1 rows of post 99, which does not exist
referrers: 1 rows of post 2 with views that cannot be, 0 to 0
referrers: 1 rows of \"y.example/a\", which is no host
site on 1970-01-01T00:00:00Z: views with a referrer are 9, its posts say 6
post 2 (b): its address is \"www.example.org/a/\", and pages are looked for as \"example.org/a\"
post 3 (c): its address is \"b\\tc\", which is none
";
    let finished = home.run(&["check"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let last = "differences: 6; --repair mends what can be mended\n";
    assert_eq!(finished.stdout, format!("{told}{last}"));
    let finished = home.run(&["check", "--repair"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, format!("{told}mended: 6\n"));
    assert_eq!(home.run(&["check"]).code, Some(0));
    let mut database = home.database();
    let site = "SELECT views AS number FROM referrers WHERE post = 0 AND host = ";
    let of = |database: &mut crate::support::Database, host: &str| {
        database.number(&format!("{site}'{host}'"))
    };
    assert_eq!(
        (of(&mut database, "x.example"), of(&mut database, "")),
        (4, 1)
    );
    let addresses = "SELECT count(*) AS number FROM posts WHERE address IS NOT NULL";
    assert_eq!(database.number(addresses), 1);
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

#[test]
fn numbers_that_cannot_be_are_told_and_taken_for_none() {
    let home = home_with_views();
    let keep = ("--keep-viewings", "100y");
    let flags = [keep, ("--dedup-window", "1h")];
    let server = home.serve().flags(&flags).start();
    for _ in 0..2 {
        assert_eq!(server.get("/posts/a").status, 200);
    }
    assert_eq!(server.stop().code, Some(0));
    home.database().execute(
        "UPDATE hourly_views SET views = -5 WHERE post = 2;
         UPDATE hourly_views SET views = 9223372036854775807 WHERE post = 3;
         UPDATE ledger SET count = -count WHERE post = 1 AND reason = 'bot';
         UPDATE counts SET past_viewers = -3, trend = 9e999 WHERE post = 1;
         UPDATE viewings SET views = -1 WHERE post = 2;
         UPDATE viewings SET views = 0, first = last + 1 WHERE post = 1 AND viewer IN (SELECT viewer FROM counted_windows);
         UPDATE counts SET views = 9223372036854775807 WHERE post IN (2, 3);
         INSERT INTO ledger VALUES (2, 0, 'bot', 9223372036854775807), (3, 0, 'bot', 9223372036854775807);
         INSERT INTO counted_windows VALUES (3, -77, 0);
         INSERT INTO corrections (post, at, views, viewers, reason) VALUES (3, 0, -50, 0, 'moved'),
             (1, 0, 9223372036854775807, 0, 'moved');",
    );
    // It serves all the same.
    let server = home.serve().flags(&[keep]).start();
    for path in [
        "/views",
        "/views?period=all",
        "/views?posts=a,b,c&period=all&by=day",
        "/posts/a/views?period=all",
        "/posts?sort=trending",
        "/posts?sort=views&period=all",
        "/posts?sort=views&period=7d",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.run(&["top"]).code, Some(0));
    assert_eq!(home.run(&["export", "--format", "csv"]).code, Some(0));

    let told = home.run(&["check"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    for line in [
        "hourly_views: 1 rows of post 2 with views that cannot be, -5 to -5",
        "hourly_views: 1 rows of post 3 with views that cannot be, 9223372036854775807 to 9223372036854775807",
        "ledger: 1 rows of post 1 with count that cannot be, -1 to -1",
        "corrections: 1 rows of post 1 with views that cannot be, 9223372036854775807 to 9223372036854775807",
        "viewings: 10 rows of post 2 with views that cannot be, -1 to -1",
        "counts: 1 rows of post 1 with past_viewers that cannot be, -3 to -3",
        "viewings: 1 rows of post 1 with the last view before the first",
        "counted_windows: 1 rows of post 3 and viewers without a viewing of it",
        "viewings: 1 rows of post 1 with fewer views than windows",
        "post 2 (b): views is 9223372036854775807, its rows say -5",
        "post 2 (b): its rows say -5 views, less than none",
        "post 1: trend is inf, its hours say",
    ] {
        assert!(told.stdout.contains(line), "{line}\n{}", told.stdout);
    }

    let mended = home.run(&["check", "--repair"]);
    assert_eq!(mended.code, Some(1), "{mended:?}");
    let left: Vec<&str> = mended
        .stdout
        .lines()
        .filter(|line| line.starts_with("left: "))
        .collect();
    assert_eq!(
        left,
        ["left: post 3 (c): its viewers have 10 views, its hours 0; which is wrong cannot be told"]
    );
    let last = mended.stdout.lines().last().expect("a line");
    assert!(
        last.ends_with("left: 1, which no row tells how to mend"),
        "{last}"
    );
    let again = home.run(&["check"]);
    assert_eq!(again.stdout.lines().count(), 2, "{again:?}");
    let mut database = home.database();
    assert_eq!([1, 2, 3].map(|post| database.views_of(post)), [21, 0, 0]);
    let viewings = "SELECT views AS number FROM viewings \
         WHERE post = 1 AND viewer IN (SELECT viewer FROM counted_windows) AND first <= last";
    assert_eq!(database.number(viewings), 1, "as many as it has windows");
}

#[test]
fn trends_are_made_again_from_their_hours() {
    for wrong in ["9e999", "-9e999", "-7.5", "0", "20590.25"] {
        let home = home_with_views();
        let trends = || home.run(&["export"]).stdout.replace('\n', " ");
        let before = trends();
        home.database()
            .execute(&format!("UPDATE counts SET trend = {wrong} WHERE post = 2"));
        let told = home.run(&["check"]);
        assert_eq!(told.code, Some(1), "{told:?}");
        assert_eq!(told.stdout.lines().count(), 2, "{told:?}");
        assert!(told.stdout.starts_with("post 2: trend is "), "{told:?}");
        assert_eq!(home.run(&["check", "--repair"]).code, Some(0));
        assert_eq!(home.run(&["check"]).code, Some(0));
        // The same but for the last digits.
        assert_eq!(trends().len(), before.len());
    }
}
