//! The files in which versions without a journal kept what they could not write: still counted, once.

use crate::support::Home;

const SPILL: &str = r#"{"version":1,"id":"00112233445566778899aabbccddeeff","batch":{"views":[{"post":1,"hour":1700000400000,"views":11}],"visits":[{"post":1,"viewer":{"named":"ann"},"visits":[{"first":1700000400000,"last":1700000400005,"count":2}]}],"ledger":[{"post":1,"day":1699920000000,"reason":"bot","count":3}]}}"#;

fn home_with(spill: &str) -> Home {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    assert_eq!(server.stop().code, Some(0));
    home.write(
        "viewtally.db.spill-00112233445566778899aabbccddeeff.json",
        spill,
    );
    home
}

#[test]
fn they_are_counted_once_and_removed() {
    let home = home_with(SPILL);
    for _ in 0..2 {
        let server = home.serve().start();
        assert_eq!(server.views("hello"), 13);
        assert_eq!(server.stop().code, Some(0));
        // As a crash between the commit and the removal leaves it.
        home.write(
            "viewtally.db.spill-00112233445566778899aabbccddeeff.json",
            SPILL,
        );
    }
    let mut database = home.database();
    assert_eq!(database.uncounted("bot"), 3);
    database.assert_sound();
}

#[test]
fn one_that_cannot_be_read_is_never_thrown_away() {
    let half = &SPILL[..SPILL.len() / 2];
    let home = home_with(half);
    let finished = home.serve().run_or_stop();
    assert!(finished.stderr.contains("spill"), "{}", finished.stderr);
    let file = home
        .path()
        .join("viewtally.db.spill-00112233445566778899aabbccddeeff.json");
    assert_eq!(std::fs::read_to_string(file).expect("kept"), half);
}
