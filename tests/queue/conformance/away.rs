//! An engine that does not answer.

use std::time::{Duration, Instant};

use viewtally::internals::queue::{SendError, Sharing};

use super::TestEngine;
use super::calls::{MANY_BYTES, SLACK, WAIT, messages};
use crate::support::{WAIT_LIMIT, until};

pub fn it_fails_by_the_deadline(engine: &dyn TestEngine) {
    let start = Instant::now();
    let mut queue = engine.away().connect();
    assert!(start.elapsed() < SLACK, "nothing is sent yet");
    for _ in 0..2 {
        let start = Instant::now();
        let limit = Duration::from_secs(1);
        let failed = queue
            .producer
            .send(&messages("message", 2), Instant::now() + limit)
            .expect_err("nobody listens");
        assert!(
            start.elapsed() < limit + SLACK,
            "it took {:?}",
            start.elapsed()
        );
        assert!(matches!(failed, SendError::Failed(_)), "{failed}");
        assert!(!failed.to_string().is_empty());
    }
    let start = Instant::now();
    // That anyone may read needs no asking.
    let shared = queue.source.sharing();
    assert!(matches!(shared, Err(_) | Ok(Sharing::Anyone)), "{shared:?}");
    if let Ok(mut reader) = queue.source.read(0, None) {
        until("it fails", || reader.receive(MANY_BYTES, WAIT).is_err());
        drop(reader);
    }
    drop(queue);
    assert!(
        start.elapsed() < WAIT_LIMIT,
        "it took {:?}",
        start.elapsed()
    );
}
