//! Forgotten on demand or with age: nothing brings a viewer back but a later view.

use std::time::Duration;

use crate::support::{Home, Lock, Server, assert_problem, let_pass, until};

/// Long enough that views wait for a stop, or for what a test does meanwhile.
const LATE: (&str, &str) = ("--flush-every", "1h");

fn read(server: &Server, name: &str) {
    let answer = server
        .connect()
        .request("GET", "/posts/hello", &[("Viewer-Id", name)], b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn forget(server: &Server, name: &str) -> u16 {
    let path = format!("/viewers/{name}");
    server.connect().request("DELETE", &path, &[], b"").status
}

fn assert_unknown(home: &Home, server: &Server, name: &str) {
    assert_problem(&server.get(&format!("/posts/hello/viewers/{name}")), 404);
    let rows = format!("SELECT count(*) AS number FROM viewers WHERE name = '{name}'");
    assert_eq!(home.database().number(&rows), 0);
}

/// A home where ann has viewed once, and that is counted.
fn home() -> Home {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    read(&server, "ann");
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 1);
    home
}

#[test]
fn a_view_that_waits_brings_no_viewer_back_who_was_forgotten_meanwhile() {
    for counters in ["1", "4"] {
        let home = home();
        let flags = [LATE, ("--counters", counters), ("--max-counters", counters)];
        let server = home.serve().flags(&flags).start();
        for _ in 0..20 {
            read(&server, "ann");
            read(&server, "bob");
        }
        assert_eq!(forget(&server, "ann"), 204);
        assert_eq!(forget(&server, "bob"), 204, "though his first views wait");
        assert_eq!(server.stop().code, Some(0));
        assert_eq!(home.database().views(), 41, "they are counted all the same");

        let server = home.serve().start();
        assert_unknown(&home, &server, "ann");
        assert_unknown(&home, &server, "bob");
        // Who comes again is new.
        read(&server, "ann");
        until("she is a viewer again", || {
            server.get("/posts/hello/viewers/ann").status == 200
        });
        let ann = server.get("/posts/hello/viewers/ann").json();
        assert_eq!(ann["views"], 1);
        assert_eq!(server.stop().code, Some(0));
        assert_eq!(home.run(&["check"]).code, Some(0));
    }
}

#[test]
fn a_view_right_after_the_answer_is_a_later_one() {
    let home = home();
    let server = home.serve().flag("--flush-every", "1ms").start();
    for _ in 0..20 {
        assert_eq!(forget(&server, "ann"), 204);
        read(&server, "ann");
        until("she is a viewer again", || {
            server.get("/posts/hello/viewers/ann").status == 200
        });
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.run(&["check"]).code, Some(0));
}

#[test]
fn where_a_window_decides_what_may_be_a_repeat_is_dropped() {
    let home = home();
    let flags = [LATE, ("--dedup-window", "90d")];
    let server = home.serve().flags(&flags).start();
    for _ in 0..3 {
        read(&server, "ann");
    }
    assert_eq!(forget(&server, "ann"), 204);
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!((database.views(), database.uncounted("dropped")), (1, 3));
    let server = home.serve().start();
    assert_unknown(&home, &server, "ann");
}

#[test]
fn views_that_a_locked_database_kept_waiting_bring_nobody_back_after_a_restart() {
    let home = home();
    let flags = [LATE, ("--drain-timeout", "1s")];
    let server = home.serve().flags(&flags).start();
    read(&server, "ann");
    let lock = Lock::hold(&home.database_file());
    assert_eq!(forget(&server, "ann"), 503, "that is not done and not said");
    lock.release();
    assert_eq!(forget(&server, "ann"), 204);
    let lock = Lock::hold(&home.database_file());
    let finished = server.stop();
    assert_eq!(finished.code, Some(3), "{finished:?}");
    lock.release();

    let server = home.serve().start();
    until("the view is counted", || server.views("hello") == 2);
    assert_unknown(&home, &server, "ann");
    assert_eq!(server.get("/posts/hello/views").json()["viewers"], 1);
}

#[test]
fn a_name_goes_with_its_last_viewing() {
    let home = home();
    let_pass(Duration::from_millis(5));
    let server = home.serve().flag("--keep-viewings", "1ms").start();
    until("her name is gone", || {
        home.database()
            .number("SELECT count(*) AS number FROM viewers")
            == 0
    });
    assert_unknown(&home, &server, "ann");
    let numbers = server.get("/posts/hello/views").json();
    assert_eq!(
        (&numbers["views"], &numbers["viewers"]),
        (&1.into(), &1.into())
    );
}
