//! The database is deleted, moved or replaced under a running server: nothing more is written, neither to the file that
//! is gone nor to the one in its place; views are kept in the journal, for the database they belong to.

use std::fs;

use crate::support::{Database, Home, Server, until};

const COUNTED: i64 = 5;
const KEPT: usize = 40;

/// A server that has counted a few views, whose post is in memory.
fn served(home: &Home) -> Server {
    let server = home.serve().flag("--drain-timeout", "2s").start();
    server.create("hello", "text");
    for _ in 0..COUNTED {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    until("the first are counted", || server.views("hello") == COUNTED);
    server
}

/// Reads that find the database gone, and what the server says of it and does at its stop.
fn kept_at_the_stop(server: Server) {
    for _ in 0..KEPT {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    until("readiness tells", || server.get("/readyz").status == 503);
    let finished = server.stop();
    assert_eq!(finished.code, Some(3), "{finished:?}");
    let closing = |line: &&str| !line.starts_with("viewtally: ");
    let log = finished.stderr.lines().filter(closing);
    let said = log.filter(|line| line.contains("deleted or replaced"));
    assert_eq!(said.count(), 1, "{}", finished.stderr);
    let kept = format!("{KEPT} views could not be written");
    assert!(finished.stderr.contains(&kept), "{}", finished.stderr);
}

fn assert_whole(database: &mut Database, views: i64) {
    database.assert_sound();
    assert_eq!(database.views(), views);
}

#[test]
fn a_deleted_database_is_not_made_anew_and_its_views_are_kept() {
    let home = Home::new();
    let server = served(&home);
    for end in ["", "-wal", "-shm"] {
        let file = format!("{}{end}", home.database_file().display());
        fs::remove_file(file).expect("deleted");
    }
    kept_at_the_stop(server);
    assert!(
        !home.database_file().exists(),
        "an empty one is in its place"
    );
}

#[test]
fn a_database_moved_into_its_place_is_left_alone() {
    let other = Home::new();
    let server = other.serve().start();
    for number in 0..50 {
        server.create(&format!("other-{number}"), &"text ".repeat(2000));
    }
    assert_eq!(server.get("/posts/other-7").status, 200);
    assert_eq!(server.stop().code, Some(0));
    assert_whole(&mut other.database(), 1);

    let home = Home::new();
    let server = served(&home);
    let moved = home.path().join("moved.db");
    fs::rename(home.database_file(), &moved).expect("moved away");
    fs::rename(other.database_file(), home.database_file()).expect("moved in");
    kept_at_the_stop(server);

    assert_whole(&mut home.database(), 1);
    assert_whole(&mut Database::open(&moved), COUNTED);

    // The journal is the other one's.
    let server = home.serve().start();
    assert!(
        server.stderr().contains("it is of another database"),
        "{}",
        server.stderr()
    );
    assert_eq!(server.stop().code, Some(0));
    assert_whole(&mut home.database(), 1);
    fs::remove_file(home.database_file()).expect("moved out");
    fs::rename(moved, home.database_file()).expect("moved back");
    assert_eq!(home.serve().start().stop().code, Some(0));
    assert_whole(&mut home.database(), COUNTED + KEPT as i64);
}

#[test]
fn a_database_moved_back_goes_on() {
    let home = Home::new();
    let server = served(&home);
    let moved = home.path().join("moved.db");
    fs::rename(home.database_file(), &moved).expect("moved away");
    for _ in 0..KEPT {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    until("readiness tells", || server.get("/readyz").status == 503);
    fs::rename(&moved, home.database_file()).expect("moved back");
    until("readiness turns back", || {
        server.get("/readyz").status == 200
    });
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let all = COUNTED + i64::try_from(KEPT).expect("few");
    assert_whole(&mut home.database(), all);
}

/// Nobody need read for it to be noticed.
#[test]
fn an_idle_server_notices_too() {
    let home = Home::new();
    let server = served(&home);
    fs::remove_file(home.database_file()).expect("deleted");
    until("readiness tells", || server.get("/readyz").status == 503);
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "nothing was lost: {finished:?}");
}
