//! Journals that are not what they were: damaged, of another version, in a folder that cannot be used. What is whole is
//! counted, nothing twice, and one line says what is not.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::support::{Finished, Home, Signal, until};

const READS: i64 = 40;

/// A server killed with views that are not counted, and the file that has them.
fn killed_with_views(home: &Home) -> PathBuf {
    let server = home.serve().flag("--flush-every", "1h").start();
    server.create("hello", "text");
    for _ in 0..READS {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    server.signal(Signal::Kill);
    server.wait();
    let files = fs::read_dir(home.path().join("viewtally.db.journal")).expect("a journal");
    let mut segments: Vec<PathBuf> = files
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "segment"))
        .collect();
    segments.sort();
    segments.remove(0)
}

fn started(home: &Home) -> Finished {
    let finished = home.serve().start().stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished
}

fn warnings(finished: &Finished) -> Vec<&str> {
    let lines = finished.stderr.lines();
    lines.filter(|line| line.contains("WARN")).collect()
}

#[test]
fn what_is_damaged_is_told_and_the_rest_is_counted_once() {
    // In the first slots: each event has four words of eight bytes after a header of 64.
    for (place, lost) in [
        (64 + 8, 1),
        (64 + 32 * 7 + 20, 1),
        (64 + 32 * 39 + 31, 1),
        (64 + 32 * 50, 0),
    ] {
        let home = Home::new();
        let segment = killed_with_views(&home);
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&segment)
            .expect("a file");
        let mut byte = [0];
        file.read_exact_at(&mut byte, place).expect("a byte");
        file.write_all_at(&[byte[0] ^ 4], place).expect("a byte");
        let finished = started(&home);
        assert_eq!(home.database().views(), READS - lost, "{place}");
        let told = warnings(&finished);
        assert_eq!(told.len() as i64, lost, "{told:?}");
        assert!(
            told.iter()
                .all(|line| line.contains("and are not counted damaged=1")),
            "{told:?}"
        );
        started(&home);
        assert_eq!(home.database().views(), READS - lost);
    }
}

#[test]
fn a_segment_without_a_header_or_of_a_later_version_is_left_and_told() {
    for (place, byte) in [(0, b'x'), (8, 2), (16, 99)] {
        let home = Home::new();
        let segment = killed_with_views(&home);
        let file = fs::OpenOptions::new()
            .write(true)
            .open(&segment)
            .expect("a file");
        file.write_all_at(&[byte], place).expect("a byte");
        for _ in 0..2 {
            let finished = started(&home);
            let told = warnings(&finished);
            let name = segment
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            assert!(
                told.len() == 1 && told[0].contains(&name) && told[0].contains("left as it is"),
                "{told:?}"
            );
            assert!(segment.exists(), "it is never thrown away");
            assert_eq!(home.database().views(), 0);
        }
    }
}

#[test]
fn a_segment_without_its_end_is_left_and_told_and_the_rest_is_counted_once() {
    let home = Home::new();
    let segment = killed_with_views(&home);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&segment)
        .expect("a file");
    // A header, twelve events and a part of the next.
    file.set_len(64 + 32 * 12 + 20).expect("a shorter file");
    for _ in 0..2 {
        let finished = started(&home);
        let told = warnings(&finished);
        assert!(
            told.len() == 1 && told[0].contains("its end is missing"),
            "{told:?}"
        );
        assert_eq!(home.database().views(), 12);
    }
}

#[test]
fn a_folder_that_cannot_be_used_keeps_the_server_from_starting_and_is_named() {
    let home = Home::new();
    home.write("viewtally.db.journal", "a file of somebody else's");
    let finished = home.serve().run_or_stop();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("viewtally.db.journal"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("--journal off"),
        "{}",
        finished.stderr
    );
    let server = home.serve().flag("--journal", "off").start();
    server.create("hello", "text");
    assert_eq!(server.get("/posts/hello").status, 200);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_server_beside_another_one_has_a_journal_of_its_own() {
    let home = Home::new();
    let first = home.serve().start();
    first.create("hello", "text");
    let second = home.serve().start();
    for server in [&first, &second] {
        for _ in 0..10 {
            assert_eq!(server.get("/posts/hello").status, 200);
        }
    }
    second.signal(Signal::Kill);
    second.wait();
    // It counts what the second has left, and not what the first is about to count.
    let third = home.serve().start();
    until("all is counted", || third.views("hello") == 20);
    assert_eq!(first.stop().code, Some(0));
    assert_eq!(third.stop().code, Some(0));
    assert_eq!(home.database().views(), 20);
}
