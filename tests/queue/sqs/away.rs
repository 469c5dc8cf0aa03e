//! The real executable with a queue that is not there: where its views wait, and what commands say of it.

use crate::support::postgres::free_port;
use crate::support::{Home, until};

#[test]
fn what_waits_for_the_queue_is_not_said_to_be_in_the_journal() {
    let home = Home::new();
    let url = format!("http://127.0.0.1:{}/123456789012/views", free_port());
    let launch = home
        .serve()
        .flags(&[("--queue", &url), ("--drain-timeout", "1s")]);
    let node = launch.start();
    let post = node.create("a", "A post.");
    for _ in 0..3 {
        assert_eq!(node.get(&format!("/posts/{post}")).status, 200);
    }
    until("the counter has put them down", || {
        node.metric("queue_waiting_batches") > 0
    });
    // One of a server that runs, and one of a server that has ended.
    let says = |of: &str| {
        let told = "3 views wait for the queue";
        let check = home.run(&["check"]);
        assert_eq!(check.code, Some(0), "{of}: {}", check.stderr);
        assert!(check.stdout.contains(told), "{of}: {}", check.stdout);
        assert!(!check.stdout.contains("journal"), "{of}: {}", check.stdout);
        let top = home.run(&["top"]);
        assert!(top.stderr.contains(told), "{of}: {}", top.stderr);
        assert!(!top.stderr.contains("journal"), "{of}: {}", top.stderr);
    };
    says("running");
    assert_eq!(node.stop().code, Some(3));
    says("ended");
}
