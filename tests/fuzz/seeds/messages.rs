//! Messages of a queue, as this program writes them.

use viewtally::internals::queue::encode;
use viewtally::internals::{Batch, TimestampMs, ViewEvent, Viewer};

/// What the target takes for a whole message.
const WHOLE: u8 = 0;

/// A few of several sizes.
pub fn seeds() -> std::io::Result<Vec<Vec<u8>>> {
    let mut seeds = Vec::new();
    for events in [1, 10, 200] {
        let mut batch = Batch::default();
        for number in 0..events {
            let viewer = match number % 3 {
                0 => None,
                1 => Some(Viewer::Anonymous(-number)),
                _ => Some(Viewer::Named("ann".into())),
            };
            batch.add(ViewEvent {
                post: number % 7,
                at: TimestampMs(1_790_000_000_000 + number * 1000),
                viewer,
                uncounted: None,
            });
        }
        for message in encode(&batch, 5, 1 << 20, TimestampMs(1_790_000_000_000))? {
            seeds.push([&[WHOLE], message.bytes.as_slice()].concat());
        }
    }
    Ok(seeds)
}
