//! `import counts`: numbers from another system, kept as corrections.

use crate::support::Home;

fn home_with_posts() -> Home {
    let home = Home::new();
    let server = home.serve().start();
    server.create("one", "1");
    server.create("two", "2");
    for _ in 0..3 {
        server.get("/posts/one");
    }
    assert_eq!(server.stop().code, Some(0));
    home
}

#[test]
fn numbers_are_set_and_kept_with_their_reason() {
    let home = home_with_posts();
    home.write("counts.csv", "key,views,viewers\none,1000,200\n2,5\n");
    let finished = home.run(&["import", "counts", "counts.csv", "--reason", "moved from X"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, "numbers: 2 set, 0 failed\n");
    let mut database = home.database();
    assert_eq!((database.views_of(1), database.views_of(2)), (1000, 5));
    let kept = "SELECT views AS number FROM corrections WHERE post = 1 AND reason = 'moved from X'";
    assert_eq!(database.number(kept), 997);
    assert_eq!(
        database.number("SELECT viewers AS number FROM counts WHERE post = 1"),
        200
    );
    assert_eq!(home.run(&["check"]).code, Some(0));

    // Views go on from there; the same numbers again change nothing but those.
    let server = home.serve().start();
    server.get("/posts/one");
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views_of(1), 1001);
    home.run(&["import", "counts", "counts.csv"]);
    assert_eq!(home.database().views_of(1), 1000);
    let corrections = "SELECT count(*) AS number FROM corrections";
    assert_eq!(home.database().number(corrections), 3);
    assert_eq!(home.run(&["check"]).code, Some(0));
}

#[test]
fn bad_lines_are_told_with_their_place_and_the_rest_is_done() {
    let home = home_with_posts();
    home.write(
        "counts.csv",
        "one,7\n\ntwo,many\nthree,1\n,4\ntwo\ntwo,-1\ntwo,8,x\ntwo, 9\n",
    );
    let finished = home.run(&["import", "counts", "counts.csv"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(finished.stdout, "numbers: 2 set, 6 failed\n");
    let places: Vec<&str> = finished
        .stderr
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let expected = [3, 4, 5, 6, 7, 8].map(|line| format!("counts.csv:{line}:"));
    assert_eq!(places, expected);
    let mut database = home.database();
    assert_eq!((database.views_of(1), database.views_of(2)), (7, 9));
}

#[test]
fn the_table_that_export_writes_is_understood() {
    let home = home_with_posts();
    let finished = home.run(&["export", "--format", "csv", "--output", "numbers.csv"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let table = std::fs::read_to_string(home.path().join("numbers.csv")).expect("a table");
    home.write(
        "numbers.csv",
        "\u{feff}".to_owned() + &table.replace("two,0,0", "two,12,3"),
    );
    let file = home.path().join("numbers.csv");
    let finished = home.run_reading(&file, &["import", "counts", "-"]);
    assert_eq!(
        finished.stdout, "numbers: 2 set, 0 failed\n",
        "{finished:?}"
    );
    assert_eq!(home.database().views_of(2), 12);
}
