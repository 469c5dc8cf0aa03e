//! The store fails to the end of the drain: the rest is kept in a file and applied exactly once.

use std::path::PathBuf;

use crate::support::{Finished, Home, Lock};

/// Files beside the database that are not the database's own.
fn spills(home: &Home) -> Vec<PathBuf> {
    let own = [
        "token",
        "viewtally.db",
        "viewtally.db-wal",
        "viewtally.db-shm",
        "viewtally.db-journal",
    ];
    let entries = std::fs::read_dir(home.path()).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| !own.iter().any(|own| path.ends_with(own)))
        .collect()
}

/// Five views counted, then eleven that another process keeps from being written to the end of the drain.
fn spilled(home: &Home) -> Finished {
    let server = home.serve().flag("--drain-timeout", "1s").start();
    server.create("hello", "text");
    for _ in 0..5 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    crate::support::until("the first are counted", || server.views("hello") == 5);
    let lock = Lock::hold(&home.database_file());
    for _ in 0..11 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    let finished = server.stop();
    lock.release();
    finished
}

#[test]
fn what_cannot_be_written_is_spilled_and_said() {
    let home = Home::new();
    let finished = spilled(&home);
    assert_eq!(finished.code, Some(3), "{finished:?}");
    let files = spills(&home);
    assert_eq!(files.len(), 1, "{files:?}");
    let name = files[0]
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let line = finished.stderr.lines().find(|line| line.contains(&name));
    let line = line.unwrap_or_else(|| panic!("{name} is not named in {}", finished.stderr));
    assert!(line.contains("11"), "{line}");
    assert_eq!(home.database().views(), 5);
}

#[test]
fn the_next_start_applies_a_spill_exactly_once_and_removes_it() {
    let home = Home::new();
    assert_eq!(spilled(&home).code, Some(3));
    let server = home.serve().start();
    assert_eq!(server.views("hello"), 16);
    assert!(spills(&home).is_empty(), "{:?}", spills(&home));
    assert_eq!(server.stop().code, Some(0));
    for _ in 0..2 {
        let server = home.serve().start();
        assert_eq!(server.views("hello"), 16);
        assert_eq!(server.stop().code, Some(0));
    }
    assert_eq!(home.database().views(), 16);
}

#[test]
fn a_spill_left_behind_by_a_crash_after_its_commit_is_not_applied_again() {
    let home = Home::new();
    assert_eq!(spilled(&home).code, Some(3));
    let file = spills(&home).remove(0);
    let content = std::fs::read(&file).expect("the spill");
    assert_eq!(home.serve().start().stop().code, Some(0));
    std::fs::write(&file, content).expect("put back");
    let server = home.serve().start();
    assert_eq!(server.views("hello"), 16);
    assert!(spills(&home).is_empty(), "{:?}", spills(&home));
}

#[test]
fn a_spill_that_cannot_be_read_is_never_thrown_away() {
    let home = Home::new();
    assert_eq!(spilled(&home).code, Some(3));
    let file = spills(&home).remove(0);
    let content = std::fs::read(&file).expect("the spill");
    std::fs::write(&file, &content[..content.len() / 2]).expect("cut short");
    let finished = home.serve().run_or_stop();
    let kept: Vec<Vec<u8>> = spills(&home)
        .iter()
        .map(|path| std::fs::read(path).expect("kept"))
        .collect();
    assert_eq!(kept, [&content[..content.len() / 2]], "{finished:?}");
    assert_eq!(home.database().views(), 5);
    assert!(finished.stderr.contains("spill"), "{}", finished.stderr);
}
