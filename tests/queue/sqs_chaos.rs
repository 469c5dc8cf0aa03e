//! Nodes with SQS between them and the store, while all of it fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use viewtally::internals::queue::{Outgoing, QueueUrl};

use super::chaos::{self, Faults, Scale};
use crate::support::moto::{self, Moto};
use crate::support::reply_cutter::ReplyCutter;
use crate::support::{missing, until};

/// Of so many sends one has its reply cut off. The service is slow, and a send takes up to ten messages: they are few.
const CUT_ONE_IN: usize = 2;

/// Of so many messages one must come twice.
const TWICE_ONE_IN: usize = 100;

/// How long what a node had received when it was killed is kept from others, in seconds.
const VISIBILITY: u64 = 10;

/// A service behind a proxy that cuts replies off. It stands still at times; killed it would have forgotten all.
struct Proxied {
    server: Moto,
    cutter: ReplyCutter,
    queue: &'static str,
    /// Messages that were sent once more.
    repeated: AtomicUsize,
}

impl Proxied {
    fn start(queue: &'static str) -> Option<Proxied> {
        let Some(server) = Moto::start() else {
            missing(moto::MISSING);
            return None;
        };
        let attributes: &[(&str, &str)] = match queue.ends_with(".fifo") {
            true => &[("FifoQueue", "true")],
            false => &[],
        };
        server.create_queue(queue, attributes);
        Some(Proxied {
            cutter: ReplyCutter::start(server.port(), "SendMessageBatch"),
            server,
            queue,
            repeated: AtomicUsize::new(0),
        })
    }

    fn url(&self, port: u16) -> String {
        format!(
            "sqs://us-east-1/{}?visibility={VISIBILITY}&endpoint=http://127.0.0.1:{port}",
            self.queue
        )
    }
}

impl Faults for Proxied {
    fn go(&self) {
        self.server.freeze();
    }

    fn come(&self) {
        self.server.go_on();
    }

    fn disturb(&self, scale: &Scale, stop: &AtomicBool) -> String {
        self.cutter.cut_one_in(CUT_ONE_IN);
        let url: QueueUrl = self.url(self.server.port()).parse().expect("a queue");
        let mut engine = url.connect();
        let mut reader = engine.source.read(0, None).expect("a reader");
        let mut taken = 0;
        // Thirty messages a second pass at most, and others are quicker to take them.
        let pause = Duration::from_millis(3) * u32::try_from(scale.repeat_one_in).expect("few");
        while !stop.load(Ordering::Relaxed) {
            // One at a time: the others get theirs. It is not deleted, so that it comes again.
            let received = reader.receive(1, Duration::from_secs(1));
            for one in received.unwrap_or_default() {
                taken += 1;
                let again = Outgoing {
                    id: fastrand::u128(..),
                    bytes: one.bytes,
                };
                let deadline = Instant::now() + Duration::from_secs(5);
                let is_sent = engine.producer.send(&[again], deadline).is_ok();
                self.repeated
                    .fetch_add(usize::from(is_sent), Ordering::Relaxed);
                std::thread::sleep(pause);
            }
        }
        self.cutter.cut_one_in(0);
        let (cuts, repeated) = (self.cutter.cuts(), self.repeated.load(Ordering::Relaxed));
        format!(
            "{cuts} replies to sends cut off, {repeated} of {taken} messages that were taken sent twice"
        )
    }
}

/// Asserts that so many replies at least were cut off.
fn survive(scale: &Scale, queue: &'static str, cuts: usize) {
    let Some(proxied) = Proxied::start(queue) else {
        return;
    };
    let url = proxied.url(proxied.cutter.port());
    let Some(applied) = chaos::survive(scale, &url, &proxied) else {
        return;
    };
    assert!(proxied.cutter.cuts() >= cuts, "{}", proxied.cutter.cuts());
    // A send whose reply was cut off was taken, and is sent again; a FIFO queue knows it.
    let resent = match queue.ends_with(".fifo") {
        true => 0,
        false => proxied.cutter.cuts(),
    };
    let twice = proxied.repeated.load(Ordering::Relaxed) + resent;
    assert!(
        twice * TWICE_ONE_IN >= usize::try_from(applied).expect("a count"),
        "{twice} of {applied} messages came twice"
    );
    until("what is applied is deleted", || {
        proxied.server.messages(queue).1 == 0
    });
}

#[test]
fn twenty_thousand_reads_survive_on_a_standard_queue() {
    survive(&chaos::quick(), "views", 5);
}

/// Slow: moto compares each message with all before it.
#[test]
#[ignore = "slow: make test-long"]
fn twenty_thousand_reads_survive_on_a_fifo_queue() {
    survive(&chaos::quick(), "views.fifo", 5);
}

#[test]
#[ignore = "slow: make test-long"]
fn a_million_reads_survive() {
    survive(&chaos::full(), "views", 100);
}
