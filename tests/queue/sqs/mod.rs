//! SQS, against moto's imitation of it.

mod away;
mod calls;
mod cost;
mod faults;
mod idle;
mod scripted;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use viewtally::internals::queue::QueueUrl;

use crate::queue::conformance::{TestEngine, conformance};
use crate::support::missing;
use crate::support::moto::{self, Moto};
use crate::support::postgres::free_port;

/// How long a message is kept from others in these tests, in seconds.
const VISIBILITY: u64 = 10;

/// One server, and a queue for each test.
struct OfMoto {
    server: &'static Moto,
    is_fifo: bool,
}

/// The server; where there is none, that was said.
fn server() -> Option<&'static Moto> {
    let server = moto::shared();
    if server.is_none() {
        missing(moto::MISSING);
    }
    server
}

fn of_moto(is_fifo: bool) -> Option<OfMoto> {
    server().map(|server| OfMoto { server, is_fifo })
}

/// A new queue, its name and its address.
fn new_queue(server: &Moto, is_fifo: bool, attributes: &[(&str, &str)]) -> (String, String) {
    static QUEUES: AtomicU32 = AtomicU32::new(0);
    let number = QUEUES.fetch_add(1, Ordering::Relaxed);
    let (end, kind): (_, &[(&str, &str)]) = match is_fifo {
        true => (".fifo", &[("FifoQueue", "true")]),
        false => ("", &[]),
    };
    let name = format!("q{number}{end}");
    let url = server.create_queue(&name, &[kind, attributes].concat());
    (name, url)
}

impl TestEngine for OfMoto {
    fn queue(&self, _partitions: u32) -> QueueUrl {
        let (name, url) = new_queue(self.server, self.is_fifo, &[]);
        // By its name, or by its address.
        let url = match self.is_fifo {
            true => format!("{url}?visibility={VISIBILITY}"),
            false => format!(
                "sqs://us-east-1/{name}?visibility={VISIBILITY}&endpoint=http://127.0.0.1:{}",
                self.server.port()
            ),
        };
        url.parse().expect("a queue")
    }

    fn away(&self) -> QueueUrl {
        let url = format!("http://127.0.0.1:{}/123456789012/away", free_port());
        url.parse().expect("a queue")
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn many(&self) -> usize {
        200
    }

    fn hands_out_again_after(&self) -> Duration {
        Duration::from_secs(VISIBILITY)
    }
}

conformance! { of_a_standard_queue: of_moto(false) }
conformance! { of_a_fifo_queue: of_moto(true) }
