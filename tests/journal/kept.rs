//! The store takes nothing to the end of a stop: the rest stays in the journal and is counted once by the next start.

use std::path::PathBuf;

use crate::support::{Finished, Home, Lock};

/// Files of the journal.
fn journal(home: &Home) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(home.path().join("viewtally.db.journal")) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

/// Five views counted, then eleven that another process keeps from being written to the end of the drain.
fn kept(home: &Home, journal: &str) -> Finished {
    let server = home
        .serve()
        .flags(&[("--drain-timeout", "1s"), ("--journal", journal)])
        .start();
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
fn what_cannot_be_written_is_kept_and_said() {
    for journal in ["on", "off"] {
        let home = Home::new();
        let finished = kept(&home, journal);
        assert_eq!(finished.code, Some(3), "{finished:?}");
        let line = finished
            .stderr
            .lines()
            .find(|line| line.contains("db.journal"));
        let line =
            line.unwrap_or_else(|| panic!("the journal is not named in {}", finished.stderr));
        assert!(line.contains("11"), "{line}");
        assert_eq!(home.database().views(), 5);
        for command in [&["check"][..], &["top"], &["export"]] {
            let told = home.run(command);
            assert_eq!(told.code, Some(0), "{told:?}");
            let all = told.stdout + &told.stderr;
            assert!(
                all.contains("11 views of a server that was killed or could not write"),
                "{all}"
            );
        }
    }
}

#[test]
fn the_next_start_counts_it_exactly_once_and_a_good_stop_leaves_no_journal() {
    for journal_flag in ["on", "off"] {
        let home = Home::new();
        assert_eq!(kept(&home, journal_flag).code, Some(3));
        for _ in 0..3 {
            let server = home.serve().start();
            assert_eq!(server.views("hello"), 16);
            assert_eq!(server.stop().code, Some(0));
            assert!(journal(&home).is_empty(), "{:?}", journal(&home));
        }
        assert_eq!(home.database().views(), 16);
    }
}

#[test]
fn what_is_put_back_after_it_was_counted_is_not_counted_again() {
    // As a crash between the commit and the removal of the files leaves it.
    for journal_flag in ["on", "off"] {
        let home = Home::new();
        assert_eq!(kept(&home, journal_flag).code, Some(3));
        let files: Vec<_> = journal(&home)
            .into_iter()
            .map(|file| (std::fs::read(&file).expect("a file"), file))
            .collect();
        let server = home.serve().start();
        assert_eq!(server.views("hello"), 16);
        for (content, file) in files {
            std::fs::write(file, content).expect("put back");
        }
        drop(server);
        let server = home.serve().start();
        assert_eq!(server.views("hello"), 16);
    }
}
