//! The journal on a file system that is full, or that cannot be written.

use std::fs;
use std::process::Command;

use crate::support::launch::Launch;
use crate::support::small_disk::SmallDisk;
use crate::support::{Home, Server, Signal, until};

fn launch<'h>(home: &'h Home, disk: &SmallDisk) -> Launch<'h> {
    let store = format!("sqlite:{}", disk.path().join("viewtally.db").display());
    home.serve().flag("--store", &store)
}

/// Reads as a new viewer each time, so that each view needs room in the database, until `enough`. Returns how many.
fn read_until(server: &Server, first: i64, mut enough: impl FnMut() -> bool) -> i64 {
    let mut reads = 0;
    until("enough was read", || {
        for _ in 0..20 {
            reads += 1;
            let name = format!("viewer-{}-{}", first + reads, "x".repeat(50));
            let answer =
                server
                    .connect()
                    .request("GET", "/posts/hello", &[("Viewer-Id", &name)], b"");
            assert_eq!(answer.status, 200, "a reader is served all the same");
        }
        enough()
    });
    reads
}

fn views(disk: &SmallDisk) -> i64 {
    crate::support::Database::open(&disk.path().join("viewtally.db")).views()
}

#[test]
fn a_kill_while_the_disk_is_full_loses_nothing_and_the_next_start_counts_it_once() {
    let home = Home::new();
    let Some(disk) = SmallDisk::below(&home, "4m") else {
        return;
    };
    let server = launch(&home, &disk).start();
    server.create("hello", "text");
    let filler = disk.fill();
    let reads = read_until(&server, 0, || server.metric("store_failures_total") > 0);
    server.signal(Signal::Kill);
    server.wait();
    assert!(views(&disk) < reads, "the disk was not full");

    // It cannot count them on a full disk either; then it says so, and keeps them.
    let refused = launch(&home, &disk).run_or_stop();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("full"), "{}", refused.stderr);
    assert!(views(&disk) < reads, "nothing was counted on a full disk");

    fs::remove_file(filler).expect("room again");
    let server = launch(&home, &disk).start();
    assert_eq!(server.views("hello"), reads);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(views(&disk), reads);
}

#[test]
fn without_room_for_a_journal_the_server_says_so_once_and_has_one_when_there_is_room() {
    let home = Home::new();
    // Once there is room again, there is for two segments, the database and its log, and for as much again.
    let Some(disk) = SmallDisk::below(&home, "16m") else {
        return;
    };
    let server = launch(&home, &disk).start();
    server.create("hello", "text");
    assert_eq!(server.stop().code, Some(0));
    let filler = disk.fill();
    // Room for SQLite's log and what a run writes first, but for no segment.
    let room = 256 << 10;
    let file = fs::OpenOptions::new().write(true).open(&filler);
    let file = file.expect("the filler");
    let length = file.metadata().expect("its length").len();
    file.set_len(length - room).expect("a little room");
    // An open file keeps its room when it is removed.
    drop(file);
    let server = launch(&home, &disk).start();
    assert_eq!(server.metric("journal_failing"), 1);
    let told = server.stderr();
    let lines = told.lines().filter(|line| line.contains("the journal"));
    assert_eq!(lines.count(), 1, "{told}");
    assert_eq!(server.get("/posts/hello").status, 200);
    fs::remove_file(filler).expect("room again");
    until("the journal is on again", || {
        server.get("/posts/hello");
        server.metric("journal_failing") == 0
    });
    assert!(
        server.stderr().contains("the journal takes events again"),
        "{}",
        server.stderr()
    );
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_file_system_that_cannot_be_written_is_named_and_nothing_of_the_journal_is_lost() {
    let home = Home::new();
    let Some(disk) = SmallDisk::below(&home, "16m") else {
        return;
    };
    let server = launch(&home, &disk).flag("--flush-every", "10s").start();
    server.create("hello", "text");
    let reads = read_until(&server, 0, || true);
    server.signal(Signal::Kill);
    server.wait();
    assert_eq!(views(&disk), 0, "nothing was counted before the kill");
    remount(&disk, "ro");
    let refused = launch(&home, &disk).run_or_stop();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let lines: Vec<&str> = refused.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "one clear line: {lines:?}");
    for word in ["viewtally.db", "who may write there", "read-only"] {
        assert!(lines[0].contains(word), "{lines:?}");
    }
    remount(&disk, "rw");
    let server = launch(&home, &disk).start();
    assert_eq!(server.views("hello"), reads);
    assert_eq!(server.stop().code, Some(0));
}

fn remount(disk: &SmallDisk, how: &str) {
    let status = Command::new("mount")
        .args(["-o", &format!("remount,{how}")])
        .arg(disk.path())
        .status();
    assert!(status.expect("mount").success(), "cannot remount {how}");
}
