//! Nodes with Redis between them and the store, while all of it fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use viewtally::internals::queue::{Outgoing, QueueUrl, Reader};

use super::chaos::{self, Faults, Scale};
use crate::support::redis_server::{self, RedisServer};
use crate::support::reply_cutter::ReplyCutter;
use crate::support::{missing, until};

const PARTITIONS: u32 = 6;

/// Of so many sends one has its reply cut off.
const CUT_ONE_IN: usize = 10;

/// A server behind a proxy that cuts replies off. It is killed, or stands still, in turn.
struct Proxied {
    server: RedisServer,
    cutter: ReplyCutter,
    times: AtomicUsize,
}

impl Proxied {
    fn start() -> Option<Proxied> {
        let Some(server) = RedisServer::start() else {
            missing(redis_server::MISSING);
            return None;
        };
        Some(Proxied {
            cutter: ReplyCutter::start(server.port(), "XADD"),
            server,
            times: AtomicUsize::new(0),
        })
    }

    fn url(&self, port: u16) -> String {
        format!("redis://127.0.0.1:{port}?partitions={PARTITIONS}")
    }

    fn is_killed(&self) -> bool {
        self.times.load(Ordering::Relaxed).is_multiple_of(2)
    }
}

impl Faults for Proxied {
    fn go(&self) {
        match self.is_killed() {
            true => self.server.kill(),
            false => self.server.freeze(),
        }
    }

    fn come(&self) {
        match self.is_killed() {
            true => self.server.start_again(),
            false => self.server.go_on(),
        }
        self.times.fetch_add(1, Ordering::Relaxed);
    }

    fn disturb(&self, scale: &Scale, stop: &AtomicBool) -> String {
        self.cutter.cut_one_in(CUT_ONE_IN);
        let url: QueueUrl = self.url(self.server.port()).parse().expect("a queue");
        let mut engine = url.connect();
        // They tell the engine of nothing that is applied, so nothing is deleted because of them.
        let read = |partition| engine.source.read(partition, None).expect("a reader");
        let mut readers: Vec<Box<dyn Reader>> = (0..PARTITIONS).map(read).collect();
        let (mut seen, mut repeated) = (0, 0);
        while !stop.load(Ordering::Relaxed) {
            for reader in &mut readers {
                let received = reader.receive(1 << 20, Duration::from_millis(2));
                for one in received.unwrap_or_default() {
                    seen += 1;
                    if seen % scale.repeat_one_in == 0 {
                        // Of another number, so that most are repeated in another partition.
                        let again = Outgoing {
                            id: fastrand::u128(..),
                            bytes: one.bytes,
                        };
                        let deadline = Instant::now() + Duration::from_secs(1);
                        repeated += usize::from(engine.producer.send(&[again], deadline).is_ok());
                    }
                }
            }
        }
        self.cutter.cut_one_in(0);
        assert!(repeated > 0, "of {seen} messages");
        let cuts = self.cutter.cuts();
        format!("{cuts} replies to sends cut off, {repeated} of {seen} messages sent twice")
    }
}

/// Asserts that so many replies at least were cut off.
fn survive(scale: &Scale, cuts: usize) {
    let Some(proxied) = Proxied::start() else {
        return;
    };
    let url = proxied.url(proxied.cutter.port());
    if chaos::survive(scale, &url, &proxied).is_none() {
        return;
    }
    assert!(proxied.cutter.cuts() >= cuts, "{}", proxied.cutter.cuts());
    until("what is applied is deleted", || {
        (0..PARTITIONS).all(|partition| {
            let key = format!("viewtally:{{{partition}}}");
            proxied.server.ask(&["XLEN", &key]) == "0"
        })
    });
}

#[test]
fn twenty_thousand_reads_survive() {
    survive(&chaos::quick(), 5);
}

#[test]
#[ignore = "slow: make test-long"]
fn a_million_reads_survive() {
    survive(&chaos::full(), 100);
}
