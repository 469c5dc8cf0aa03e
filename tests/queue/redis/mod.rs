//! Redis Streams, against servers of the tests' own.

mod cluster;
mod failover;
mod faults;
mod lost_data;
mod tls;
mod tools;

use std::sync::atomic::{AtomicU32, Ordering};

use viewtally::internals::queue::QueueUrl;

use crate::queue::conformance::{TestEngine, conformance};
use crate::support::missing;
use crate::support::postgres::free_port;
use crate::support::redis_server::{self, RedisServer};

/// One server, and a stream for each test.
struct OfOne(&'static RedisServer);

fn of_one() -> Option<OfOne> {
    let server = redis_server::shared().map(OfOne);
    if server.is_none() {
        missing(redis_server::MISSING);
    }
    server
}

impl TestEngine for OfOne {
    fn queue(&self, partitions: u32) -> QueueUrl {
        static STREAMS: AtomicU32 = AtomicU32::new(0);
        let number = STREAMS.fetch_add(1, Ordering::Relaxed);
        let url = self
            .0
            .url(&format!("?stream=s{number}&partitions={partitions}"));
        url.parse().expect("a queue")
    }

    fn away(&self) -> QueueUrl {
        let url = format!("redis://127.0.0.1:{}", free_port());
        url.parse().expect("a queue")
    }

    fn too_long(&self) -> usize {
        17 << 20
    }
}

conformance! { of_one_server: of_one() }
