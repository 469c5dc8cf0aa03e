//! What connections are served with: what all workers share, and what each has of its own.

use std::sync::Arc;
use std::time::Duration;

use super::in_flight::InFlight;
use super::poller::{ReadinessSource, Token};
use super::send_budget::SendBudget;
use super::store_queue::StoreQueue;
use super::window::Window;
use super::workers::Worker;
use crate::http::Response;
use crate::metrics::{HistogramCache, Metrics};

/// A larger buffer is freed after its request: what a worker keeps should stay small.
const KEEP_BUFFER: usize = 32 << 10;

/// Bounds on a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The largest body read, in bytes.
    pub(super) max_body: u64,
    /// How long a request may take to arrive, its body to arrive, and its response to be taken.
    pub(super) request_timeout: Duration,
    /// How long a connection may wait for its next request.
    pub(super) idle_timeout: Duration,
}

/// Shared by all workers. Its parts are immutable or guard themselves.
pub(super) struct Shared<H> {
    pub(super) handler: Arc<H>,
    pub(super) in_flight: Arc<InFlight>,
    pub(super) store_queue: Arc<StoreQueue>,
    pub(super) send_budget: Arc<SendBudget>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) limits: Limits,
    /// Header lines that every response carries.
    pub(super) common_headers: Vec<u8>,
}

/// What a worker keeps from request to request.
#[derive(Default)]
pub(super) struct WorkerBuffers {
    pub(super) window: Window,
    pub(super) body: Vec<u8>,
    pub(super) response: Response,
    pub(super) out: Vec<u8>,
    pub(super) histograms: HistogramCache,
}

impl WorkerBuffers {
    /// Frees what a large request left behind.
    pub(super) fn shrink(&mut self) {
        for buffer in [&mut self.body, &mut self.out] {
            if buffer.capacity() > KEEP_BUFFER {
                *buffer = Vec::new();
            }
        }
    }
}

/// What one connection is served with.
pub(super) struct WorkerContext<'a, H> {
    pub(super) shared: &'a Shared<H>,
    pub(super) readiness: &'a dyn ReadinessSource,
    pub(super) worker: &'a Worker<'a>,
    pub(super) buffers: &'a mut WorkerBuffers,
    pub(super) token: Token,
    /// Whether nothing was done since it was taken from the poller.
    pub(super) just_taken: bool,
}
