//! The real executable at a queue without messages: each call costs, and a stop waits for none.

use std::time::{Duration, Instant};

use super::scripted::{Scripted, number};
use crate::support::{Home, until};

/// The longest that SQS waits for a message, in seconds.
const LONGEST: u64 = 20;

/// How long a stop may take on a busy machine: a small part of the wait under way.
const STOP_LIMIT: Duration = Duration::from_secs(5);

#[test]
fn an_idle_node_waits_as_long_as_sqs_lets_it_and_stops_at_once() {
    let server = Scripted::start();
    server.be_empty();
    let home = Home::new();
    let node = home.serve().flag("--queue", &server.url("views")).start();
    until("both readers wait", || {
        server.asked("ReceiveMessage").len() >= 2
    });
    let asked = server.asked("ReceiveMessage");
    let waits: Vec<u64> = asked
        .iter()
        .map(|call| number(&call.body, "WaitTimeSeconds"))
        .collect();
    assert_eq!(waits, [LONGEST; 2]);
    let start = Instant::now();
    let finished = node.stop();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(start.elapsed() < STOP_LIMIT, "{:?}", start.elapsed());
}
