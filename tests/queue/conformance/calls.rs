//! Sending and receiving, with deadlines.

use std::time::{Duration, Instant};

use viewtally::internals::queue::{Engine, Outgoing, Producer, Reader, Received, Sharing};

use super::TestEngine;
use crate::support::until;

/// How long a send may take that has nothing against it.
pub const SEND_LIMIT: Duration = Duration::from_secs(20);

/// How long one `receive` waits.
pub const WAIT: Duration = Duration::from_millis(500);

/// What one `receive` takes.
pub const MANY_BYTES: usize = 16 << 20;

/// How much longer than asked a call may take on a busy machine.
pub const SLACK: Duration = Duration::from_secs(5);

/// A message of these bytes, with an id of its own.
pub fn message(bytes: impl Into<Vec<u8>>) -> Outgoing {
    Outgoing {
        id: fastrand::u128(..),
        bytes: bytes.into(),
    }
}

/// Messages `name 0` and so on.
pub fn messages(name: &str, count: usize) -> Vec<Outgoing> {
    (0..count)
        .map(|number| message(format!("{name} {number}")))
        .collect()
}

/// So many bytes that no compression makes fewer.
pub fn noise(length: usize) -> Vec<u8> {
    std::iter::repeat_with(|| fastrand::u8(..))
        .take(length)
        .collect()
}

/// Sends, with time enough.
pub fn send(producer: &mut dyn Producer, messages: &[Outgoing]) {
    let sent = producer.send(messages, Instant::now() + SEND_LIMIT);
    assert_eq!(sent, Ok(()));
}

/// The partitions that there are to read; of an engine without, one number.
pub fn partitions(engine: &Engine) -> Vec<u32> {
    match engine.source.sharing().expect("it tells") {
        Sharing::Partitions(count) => (0..count).collect(),
        Sharing::Anyone => vec![0],
    }
}

/// Begins to read.
pub fn read(engine: &Engine, partition: u32, position: Option<&str>) -> Box<dyn Reader> {
    let reader = engine.source.read(partition, position);
    reader.unwrap_or_else(|error| panic!("partition {partition} from {position:?}: {error}"))
}

/// Receives until there are so many, and tells the engine that they are applied.
pub fn receive(reader: &mut dyn Reader, count: usize) -> Vec<Received> {
    let mut all = Vec::new();
    until(&format!("{count} messages have arrived"), || {
        let some = reader.receive(MANY_BYTES, WAIT).expect("it answers");
        assert_eq!(reader.keep(&some), Ok(()));
        assert_eq!(reader.applied(&some), Ok(()));
        all.extend(some);
        all.len() >= count
    });
    all
}

/// What messages say, in one order if the engine has none.
fn said<'a>(engine: &dyn TestEngine, bytes: impl Iterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    let mut said: Vec<Vec<u8>> = bytes.map(<[u8]>::to_vec).collect();
    if !engine.keeps_order() {
        said.sort();
    }
    said
}

/// Asserts that exactly these were received.
pub fn assert_received(engine: &dyn TestEngine, received: &[Received], sent: &[Outgoing]) {
    let received = said(engine, received.iter().map(|one| &one.bytes[..]));
    let sent = said(engine, sent.iter().map(|one| &one.bytes[..]));
    // Not `assert_eq`, which would print megabytes.
    assert!(
        received == sent,
        "{} received, {} sent, and they differ",
        received.len(),
        sent.len()
    );
}
