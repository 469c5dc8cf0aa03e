//! `viewtally backup`: a copy that is whole, of a store that is being written.

use std::fs;

use crate::support::{Database, Home, Load, Lock, WAIT_LIMIT, let_pass, until};

#[test]
fn a_backup_under_load_is_whole_and_can_be_served() {
    let home = Home::new();
    let server = home.serve().flag("--flush-every", "5ms").start();
    server.create("hello", "text");
    let load = Load::start_of_many_viewers(server.address, 4, &["/posts/hello".to_owned()]);
    until("some views are counted", || server.views("hello") > 100);
    let before = server.views("hello");
    let backed_up = home.run(&["backup", "copy.db"]);
    assert_eq!(backed_up.code, Some(0), "{backed_up:?}");
    let after = server.views("hello");
    let answered = load.finish().answered();
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), answered, "the backup cost no view");

    let copy = home.path().join("copy.db");
    let kept = Database::open(&copy).views();
    assert!((before..=after).contains(&kept), "{before} {kept} {after}");
    let url = format!("sqlite:{}", copy.display());
    let check = home.run_bare(&["--store", &url, "check"]);
    assert_eq!(check.code, Some(0), "{check:?}");

    // Restored as it says.
    let database = home.database_file();
    fs::copy(&copy, &database).expect("restored");
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", database.display()));
    }
    let server = home.serve().start();
    assert_eq!(server.views("hello"), kept);
    assert_eq!(server.get("/posts/hello").status, 200);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), kept + 1);
}

#[test]
fn a_backup_overwrites_nothing_and_leaves_nothing_half_written() {
    let home = Home::new();
    home.serve().start().stop();
    home.write("mine.txt", "mine");
    let refused = home.run(&["backup", "mine.txt"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("mine.txt exists"), "{refused:?}");
    assert_eq!(
        fs::read(home.path().join("mine.txt")).expect("it is there"),
        b"mine"
    );
    let refused = home.run(&["backup", "no/such/folder/copy.db"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("copy.db"), "{refused:?}");
    // What an earlier one that was killed has left is in nobody's way.
    home.write("copy.db.part", "half of it");
    assert_eq!(home.run(&["backup", "copy.db"]).code, Some(0));
    assert!(!home.path().join("copy.db.part").exists());
    let memory = home.run_bare(&["--store", "sqlite::memory:", "backup", "other.db"]);
    assert_eq!(memory.code, Some(1), "{memory:?}");
    assert!(memory.stderr.contains("export"), "{memory:?}");
    let missing = home.run_bare(&["--store", "sqlite:none.db", "backup", "other.db"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(!home.path().join("other.db").exists());
    assert!(!home.path().join("none.db").exists());
}

#[test]
fn a_backup_of_a_locked_store_waits() {
    let home = Home::new();
    home.serve().start().stop();
    let lock = Lock::hold(&home.database_file());
    let backup = home.begin(&["backup", "copy.db"]);
    let_pass(std::time::Duration::from_millis(500));
    lock.release();
    let finished = backup.wait(WAIT_LIMIT);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(home.path().join("copy.db").exists());
}
