//! Nodes with SQS between them and the store, while all of it fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use viewtally::internals::queue::{Outgoing, QueueUrl};

use super::chaos::{self, Faults, Scale};
use crate::support::moto::{self, Moto};
use crate::support::reply_cutter::ReplyCutter;
use crate::support::{missing, until};

/// Of so many sends one has its reply cut off.
const CUT_ONE_IN: usize = 5;

/// How long what a node had received when it was killed is kept from others, in seconds.
const VISIBILITY: u64 = 10;

/// A service behind a proxy that cuts replies off. It stands still at times; killed it would have forgotten all.
struct Proxied {
    server: Moto,
    cutter: ReplyCutter,
    queue: &'static str,
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
        let (mut taken, mut repeated) = (0, 0);
        let pause = Duration::from_millis(30) * u32::try_from(scale.repeat_one_in).expect("few");
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
                repeated += usize::from(engine.producer.send(&[again], deadline).is_ok());
                // About as seldom as is asked for: some thirty messages a second pass.
                std::thread::sleep(pause);
            }
        }
        self.cutter.cut_one_in(0);
        assert!(repeated > 0, "of {taken} messages");
        let cuts = self.cutter.cuts();
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
    chaos::survive(scale, &proxied.url(proxied.cutter.port()), &proxied);
    assert!(proxied.cutter.cuts() >= cuts, "{}", proxied.cutter.cuts());
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
