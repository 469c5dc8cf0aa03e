//! Responses on their way: sent at once as far as the socket takes them, the rest as the client takes it.

use std::os::fd::RawFd;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::context::{WorkerBuffers, WorkerContext};
use super::handler::Handler;
use super::in_flight::RequestGuard;
use super::message::Message;
use super::send_budget::BudgetShare;
use crate::http::Insert;
use crate::metrics::{Answer, Metrics};

/// A response that is being sent, but for its bytes.
pub(super) struct Reply<E> {
    pub(super) answer: Answer,
    pub(super) started: Instant,
    pub(super) event: Option<E>,
    pub(super) guard: Option<RequestGuard>,
    pub(super) then: AfterReply,
}

/// What becomes of a connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterReply {
    /// It carries further requests.
    KeepAlive,
    /// It is closed: its client wants that and has sent nothing more.
    Close,
    /// It is closed once its client has had the time to read this: closing a socket with unread input resets the
    /// connection, and a reset destroys what the client has not read yet (RFC 9112 §9.6).
    Linger,
}

/// The rest of a response that the socket did not take at once.
pub(super) struct Unsent<E> {
    message: Message,
    reply: Reply<E>,
    share: BudgetShare,
}

/// How far sending came.
pub(super) enum Sending<E> {
    /// All of it is with the kernel, since then.
    Complete(AfterReply, Instant),
    /// The rest waits for the client.
    Incomplete(Box<Unsent<E>>),
    /// The connection is broken; the event is dropped with the reply, for nobody has read the post.
    Failed,
}

/// Renders the response into the worker's buffer, but for a long shared body.
pub(super) fn render(
    buffers: &mut WorkerBuffers,
    common_headers: &[u8],
    head_only: bool,
) -> Option<Insert> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since_epoch.map_or(0, |since_epoch| since_epoch.as_secs());
    let WorkerBuffers { response, out, .. } = buffers;
    response.render(out, now, common_headers, head_only)
}

impl<E: Send + 'static> Reply<E> {
    /// Sends the rendered response in the worker's buffer.
    pub(super) fn send<H: Handler<Event = E>>(
        self,
        socket: RawFd,
        insert: Option<Insert>,
        context: &mut WorkerContext<'_, H>,
    ) -> Sending<E> {
        let mut message = Message::new(std::mem::take(&mut context.buffers.out), insert);
        match message.send(socket) {
            Ok(true) => {
                context.buffers.out = message.into_buffer();
                self.finish(context)
            }
            Ok(false) => Sending::Incomplete(Box::new(Unsent {
                share: context.shared.send_budget.take(&message),
                message,
                reply: self,
            })),
            Err(_) => {
                self.record(context);
                Sending::Failed
            }
        }
    }

    /// To be called once the kernel has the whole response.
    fn finish<H: Handler<Event = E>>(mut self, context: &mut WorkerContext<'_, H>) -> Sending<E> {
        if let Some(event) = self.event.take() {
            let worker = context.worker;
            let mut blocking = None;
            let mut before_block = || {
                if blocking.is_none() {
                    blocking = worker.enter_blocking();
                }
            };
            context.shared.handler.after_write(event, &mut before_block);
        }
        let now = self.record(context);
        // Not before: a drain waits for the event to be sent.
        drop(self.guard.take());
        Sending::Complete(self.then, now)
    }

    /// Returns the time, for a call costs as much as parsing a short head.
    fn record<H>(&self, context: &mut WorkerContext<'_, H>) -> Instant {
        let metrics: &Metrics = &context.shared.metrics;
        let now = Instant::now();
        let took = now.duration_since(self.started);
        metrics.answered(&mut context.buffers.histograms, self.answer, took);
        tracing::debug!(
            route = self.answer.route,
            status = self.answer.status,
            "answered"
        );
        now
    }
}

impl<E: Send + 'static> Unsent<E> {
    /// Sends more.
    pub(super) fn send_more<H: Handler<Event = E>>(
        mut self: Box<Self>,
        socket: RawFd,
        context: &mut WorkerContext<'_, H>,
    ) -> Sending<E> {
        match self.message.send(socket) {
            Ok(true) => {
                let Unsent { reply, .. } = *self;
                reply.finish(context)
            }
            Ok(false) => Sending::Incomplete(self),
            Err(_) => {
                self.reply.record(context);
                Sending::Failed
            }
        }
    }

    /// The memory it holds, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.share.bytes()
    }
}
