//! `viewtally top --watch`: shows it anew while a server counts.

use crate::support::{Home, Signal, WAIT_LIMIT, until};

#[test]
fn a_watched_table_follows_the_numbers_until_it_is_ended() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    let watch = home.begin(&["top", "--watch", "100ms", "--json"]);
    let last = |views: i64| {
        let text = watch.stdout.text();
        let line = text.lines().rfind(|line| line.ends_with('}'));
        line.is_some_and(|line| line.contains(&format!("\"views\":{views},")))
    };
    until("it is shown", || last(0));
    assert_eq!(server.get("/posts/hello").status, 200);
    until("the view is shown", || last(1));
    assert!(!watch.is_over());
    watch.signal(Signal::Int);
    watch.wait(WAIT_LIMIT);
    let once = home.run(&["top"]);
    assert_eq!(once.stdout.matches("VIEWS").count(), 1, "{once:?}");
}
