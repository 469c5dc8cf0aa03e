//! What goes wrong during a round's load.

use std::fmt::Write as _;
use std::time::Duration;

use fastrand::Rng;

use super::plan::Kind;
use super::reader::POSTS;
use super::round::Stage;
use crate::support::{Lock, Signal, let_pass, until};

/// Readers that an imported log has; each reads once.
const IMPORTED: i64 = 20_000;

/// Lets the round's kind of harm happen. The server serves again afterwards.
pub fn disturb(stage: &mut Stage<'_>) {
    match stage.plan.kind {
        Kind::Locked => locked(stage),
        Kind::LockedStop => locked_stop(stage),
        Kind::Killed => stage.restart(None, |server, _| server.signal(Signal::Kill)),
        Kind::Signal => stage.restart(Some(0), |server, signal| server.signal(signal)),
        Kind::TwoSignals => stage.restart(Some(0), |server, signal| {
            server.signal(signal);
            server.signal(Signal::Term);
        }),
        Kind::SecondSignal => second_signal(stage),
        Kind::FullDisk => full_disk(stage),
        Kind::FullDiskStop => full_disk_stop(stage),
        Kind::ClockSteps => clock_steps(stage),
        Kind::ImportLog => import_log(stage),
        Kind::Edits => edits(stage),
    }
}

fn locked(stage: &mut Stage<'_>) {
    for _ in 0..3 {
        let lock = Lock::hold(&stage.database());
        stage.readers.read_for(Duration::from_millis(500));
        lock.release();
        stage.readers.read_for(Duration::from_millis(200));
    }
}

fn locked_stop(stage: &mut Stage<'_>) {
    let lock = Lock::hold(&stage.database());
    stage.readers.read_for(Duration::from_millis(300));
    let mut lock = Some(lock);
    stage.stop_and_start(
        Some(3),
        |server, signal| server.signal(signal),
        || drop(lock.take()),
    );
}

fn second_signal(stage: &mut Stage<'_>) {
    let lock = Lock::hold(&stage.database());
    stage.readers.read_for(Duration::from_millis(300));
    let mut lock = Some(lock);
    stage.stop_and_start(
        Some(130),
        |server, signal| {
            server.signal(signal);
            // The server's second begins when the first signal reaches it, not when it is sent.
            until("it stops", || server.stderr().contains("stopping: "));
            // What comes sooner is a repeat of the first.
            let_pass(Duration::from_millis(1100));
            server.signal(signal);
        },
        || drop(lock.take()),
    );
}

fn full_disk(stage: &mut Stage<'_>) {
    let filler = stage.disk().fill();
    let server = stage.server();
    until("the store fails", || {
        server.metric("store_failures_total") > 0
    });
    stage.readers.read_for(Duration::from_millis(300));
    std::fs::remove_file(filler).expect("room again");
}

fn full_disk_stop(stage: &mut Stage<'_>) {
    let filler = stage.disk().fill();
    let server = stage.server();
    until("the store fails", || {
        server.metric("store_failures_total") > 0
    });
    stage.stop_and_start(
        Some(3),
        |server, signal| server.signal(signal),
        || std::fs::remove_file(filler).expect("room again"),
    );
}

/// Days ahead and back, across midnights and hours.
fn clock_steps(stage: &mut Stage<'_>) {
    let mut random = Rng::with_seed(stage.plan.seed);
    for _ in 0..3 {
        let hours = random.i64(-20 * 24..20 * 24);
        stage.set_clock(hours * 3600);
        stage.readers.read_for(Duration::from_millis(200));
    }
}

fn import_log(stage: &mut Stage<'_>) {
    let mut log = String::new();
    for reader in 0..IMPORTED {
        let (post, second) = (reader.unsigned_abs() as usize % POSTS, reader % 60);
        let address = format!(
            "198.{}.{}.{}",
            18 + reader / 65_536,
            reader / 256 % 256,
            reader % 256
        );
        writeln!(
            log,
            "{address} - - [17/May/2015:10:05:{second:02} +0000] \"GET /blog/post-{post} HTTP/1.1\" 200 1 \"-\" \"Firefox\""
        )
        .expect("a String takes it");
    }
    stage.home.write("access.log", log);
    let arguments = ["import", "log", "access.log", "--path", "/blog/{slug}"];
    let importing = stage.home.begin(&arguments);
    let finished = importing.wait(Duration::from_secs(120));
    assert_eq!(finished.code, Some(0), "{finished:?}");
    stage.facts.imported = IMPORTED;
    stage.readers.read_for(Duration::from_millis(200));
}

fn edits(stage: &mut Stage<'_>) {
    let server = stage.server();
    let deleted = POSTS - 1;
    for change in 0..10 {
        let body =
            serde_json::json!({"title": "Changed", "body": format!("for the time {change}")});
        let path = format!("/posts/post-{}", change % (POSTS - 1));
        let answer = server.send_json("PUT", &path, &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        server.create(&format!("more-{change}"), "text");
        if change == 5 {
            let path = format!("/posts/post-{deleted}");
            let answer = server.connect().request("DELETE", &path, &[], b"");
            assert_eq!(answer.status, 204, "{answer:?}");
        }
        stage.readers.read_for(Duration::from_millis(50));
    }
    stage.facts.deleted = Some(deleted);
}
