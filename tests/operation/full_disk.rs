//! The disk is full: readers are served, nothing is lost, and counting goes on once there is room.

use std::path::Path;

use crate::support::small_disk::SmallDisk;
use crate::support::{Finished, Home, Server, until};

/// Room for a few megabytes.
const SIZE: &str = "4m";

fn served(home: &Home, disk: &SmallDisk) -> Server {
    let store = format!("sqlite:{}", disk.path().join("viewtally.db").display());
    let server = home
        .serve()
        .flag("--store", &store)
        .flag("--drain-timeout", "1s")
        .start();
    server.create("hello", "text");
    server
}

/// Reads as a new viewer each time, so that each view needs room, until the store fails; answers how many.
fn read_until_the_store_fails(server: &Server) -> i64 {
    let mut reads = 0;
    until("the store fails", || {
        for _ in 0..20 {
            reads += 1;
            let name = format!("viewer-{reads}-{}", "x".repeat(50));
            let answer =
                server
                    .connect()
                    .request("GET", "/posts/hello", &[("Viewer-Id", &name)], b"");
            assert_eq!(answer.status, 200, "a reader is served all the same");
        }
        server.metric("store_failures_total") > 0
    });
    reads
}

fn views(folder: &Path) -> i64 {
    crate::support::Database::open(&folder.join("viewtally.db")).views()
}

#[test]
fn a_full_disk_keeps_nobody_from_reading_and_loses_no_view() {
    let home = Home::new();
    let Some(disk) = SmallDisk::below(&home, SIZE) else {
        return;
    };
    let server = served(&home, &disk);
    let filler = disk.fill();
    let reads = read_until_the_store_fails(&server);
    until("readiness tells it", || server.get("/readyz").status == 503);
    assert_eq!(server.get("/posts/hello?count=false").status, 200);
    std::fs::remove_file(filler).expect("room again");
    until("every view is counted", || server.views("hello") == reads);
    until("readiness turns back", || {
        server.get("/readyz").status == 200
    });
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(views(disk.path()), reads);
}

#[test]
fn a_stop_with_a_full_disk_says_what_it_could_not_write() {
    let home = Home::new();
    let Some(disk) = SmallDisk::below(&home, SIZE) else {
        return;
    };
    let server = served(&home, &disk);
    let filler = disk.fill();
    let reads = read_until_the_store_fails(&server);
    let finished: Finished = server.stop();
    assert_eq!(finished.code, Some(3), "{finished:?}");
    std::fs::remove_file(filler).expect("room again");
    let missing = reads - views(disk.path());
    assert!(missing > 0, "{finished:?}");
    let told = finished
        .stderr
        .lines()
        .any(|line| line.contains(&missing.to_string()));
    assert!(told, "{missing} are not told in {}", finished.stderr);
}
