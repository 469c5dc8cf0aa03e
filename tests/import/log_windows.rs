//! `import log` with a window: a reader counts once a post and window, whatever the order and the steps of the import.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use fastrand::Rng;

use crate::support::{Home, missing};

const DAY: usize = 86_400;
const HOUR: usize = 3600;

/// One read: seconds since the first midnight, reader, post.
type Read = (usize, usize, usize);

/// So many reads at random times of two days, in the order of a log.
fn reads(seed: u64, count: usize, readers: usize, posts: usize) -> Vec<Read> {
    let mut random = Rng::with_seed(seed);
    let mut reads: Vec<Read> = (0..count)
        .map(|_| {
            (
                random.usize(..2 * DAY),
                random.usize(..readers),
                random.usize(..posts),
            )
        })
        .collect();
    reads.sort_unstable();
    reads
}

fn lines(reads: &[Read]) -> String {
    let mut text = String::new();
    for (second, reader, post) in reads {
        let (day, hour, minute) = (17 + second / DAY, second / HOUR % 24, second / 60 % 60);
        writeln!(
            text,
            "192.0.2.{reader} - - [{day}/May/2015:{hour:02}:{minute:02}:{:02} +0000] \"GET /p{post} HTTP/1.1\" 200 1 \"-\" \"Firefox\"",
            second % 60
        )
        .expect("a String takes it");
    }
    text
}

/// What the naive model says: the size of the set of post, reader and window.
fn expected(reads: &[Read], window: usize) -> i64 {
    let set: BTreeSet<Read> = reads
        .iter()
        .map(|&(second, reader, post)| (second / window, reader, post))
        .collect();
    set.len() as i64
}

/// Views, duplicates and viewers in the database.
fn numbers(home: &Home) -> [i64; 3] {
    let mut database = home.database();
    let viewers = database.number("SELECT sum(viewers) AS number FROM counts");
    [database.views(), database.uncounted("duplicate"), viewers]
}

fn import(home: &Home, file: &str, window: &str, more: &[&str]) {
    let mut arguments = vec!["import", "log", file, "--create", "--dedup-window", window];
    arguments.extend(more);
    let finished = home.run(&arguments);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn many_reads_of_few_readers_count_once_a_window_each() {
    let home = Home::new();
    let reads = reads(1, 200_000, 20, 1);
    home.write("a.log", lines(&reads));
    import(&home, "a.log", "30s", &[]);
    let views = expected(&reads, 30);
    // Twenty readers, other ones on the second day.
    assert_eq!(numbers(&home), [views, 200_000 - views, 40]);
    assert_eq!(home.run(&["check"]).code, Some(0));
}

#[test]
fn a_newer_log_may_come_before_an_older_one() {
    let reads = reads(2, 20_000, 30, 5);
    let views = expected(&reads, HOUR);
    let (older, newer) = reads.split_at(reads.len() / 3);
    for order in [["older.log", "newer.log"], ["newer.log", "older.log"]] {
        let home = Home::new();
        home.write("older.log", lines(older));
        home.write("newer.log", lines(newer));
        for file in order {
            import(&home, file, "1h", &[]);
        }
        assert_eq!(
            numbers(&home),
            [views, 20_000 - views, 2 * 5 * 30],
            "{order:?}"
        );
    }
}

#[test]
fn a_log_imported_in_steps_or_again_has_the_same_viewers_and_repeats() {
    let reads = reads(3, 10_000, 30, 5);
    let views = expected(&reads, HOUR);
    let home = Home::new();
    for upto in [1_000, 1_001, 4_500, 10_000] {
        home.write("access.log", lines(&reads[..upto]));
        import(&home, "access.log", "1h", &[]);
    }
    let whole = [views, 10_000 - views, 2 * 5 * 30];
    assert_eq!(numbers(&home), whole);
    // Counted again, each read is a repeat, and nobody is new.
    import(&home, "access.log", "1h", &["--again"]);
    assert_eq!(numbers(&home), [views, 20_000 - views, whole[2]]);
    // So it is in a store that was moved.
    let exported = home.run(&["export", "--output", "all.jsonl"]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let moved = Home::new();
    let all = home.path().join("all.jsonl");
    let imported = moved.run(&["import", "export", &all.to_string_lossy()]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    moved.write("access.log", lines(&reads));
    import(&moved, "access.log", "1h", &["--again"]);
    assert_eq!(numbers(&moved), [views, 30_000 - views, whole[2]]);
}

#[test]
fn lines_in_any_order_give_the_same_numbers() {
    let mut reads = reads(4, 5_000, 20, 3);
    let views = expected(&reads, HOUR);
    // As after a clock was set back, and as bad as it can be.
    let half = reads.len() / 2;
    reads.rotate_left(half);
    let back = reads.clone();
    Rng::with_seed(5).shuffle(&mut reads);
    for lines_of in [&back, &reads] {
        let home = Home::new();
        home.write("a.log", lines(lines_of));
        import(&home, "a.log", "1h", &[]);
        assert_eq!(numbers(&home), [views, 5_000 - views, 2 * 3 * 20]);
    }
}

#[test]
fn a_real_log_has_the_same_numbers_in_any_steps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/logs");
    let log = folder.join("semicomplete-apache-2015.log");
    let Ok(text) = std::fs::read_to_string(&log) else {
        missing(
            "there is no ../shared/data/logs/semicomplete-apache-2015.log beside the repository",
        );
        return;
    };
    let middle = text.len() / 2 + text[text.len() / 2..].find('\n').expect("lines") + 1;
    let (older, newer) = text.split_at(middle);
    let orders: [&[&str]; 3] = [&[&text], &[older, &text], &[newer, older]];
    let results: Vec<[i64; 3]> = orders
        .iter()
        .map(|steps| {
            let home = Home::new();
            for step in *steps {
                home.write("access.log", step);
                import(&home, "access.log", "24h", &[]);
            }
            numbers(&home)
        })
        .collect();
    assert!(results[0].iter().all(|number| *number > 0), "{results:?}");
    assert_eq!(results[1], results[0]);
    assert_eq!(results[2], results[0]);
}
