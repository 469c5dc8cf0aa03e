//! Messages of a queue: whatever bytes come, they are a batch that comes out as it went in, or no message.
//!
//! Input: a byte that says how much of a message is the input's own, and the rest.

#![no_main]

use libfuzzer_sys::fuzz_target;
use viewtally::internals::TimestampMs;
use viewtally::internals::queue::{MessageId, compress, decode, encode, seal};

const DATABASE: i64 = 5;
const NOW: TimestampMs = TimestampMs(1_790_000_000_000);

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let id = MessageId::new(NOW, 7);
    let message = match kind % 4 {
        // Anything.
        0 => rest.to_vec(),
        // Of a version, and sound but for that.
        1 => seal(*rest.first().unwrap_or(&1), DATABASE, id, rest),
        // What is no deflated text.
        2 => seal(1, DATABASE, id, rest),
        // What is no batch, or is one.
        _ => seal(1, DATABASE, id, &compress(rest).expect("memory")),
    };
    let Ok(queued) = decode(&message, DATABASE) else {
        return;
    };
    let events = queued.batch.events();
    assert!(queued.batch.journaled.parts().is_empty());
    // Cut as small as can be, it holds the same.
    for max_bytes in [200, 1 << 20] {
        if queued.batch.is_empty() {
            break;
        }
        let messages = encode(&queued.batch, DATABASE, max_bytes, NOW).expect("it is encoded");
        let back = messages.iter().map(|sent| {
            let back = decode(&sent.bytes, DATABASE).expect("what was encoded is a message");
            assert_eq!(back.id.0, sent.id);
            back.batch.events()
        });
        assert_eq!(back.sum::<u64>(), events);
    }
});
