//! One connection: what it waits for, and how a worker advances it.

use std::any::Any;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use super::context::WorkerContext;
use super::first_requests::FirstRequest;
use super::handler::Handler;
use super::partial::PartialRequest;
use super::phase::{Next, Phase};
use super::poller::Pollable;
use super::raw_fd::{self, PeekResult};
use super::reply::{self, AfterReply, Reply, Sending};
use super::request::{self, Filled, Origin, Outcome, Pending, STORE_WAIT};
use super::store_queue::SlotUse;
use crate::http::Problem;
use crate::metrics::Answer;

/// Requests served in one go. Then others have their turn: a client that sends without a pause must not keep a worker.
const REQUESTS_A_TURN: usize = 32;

/// How long a connection lingers, and how many bytes it discards meanwhile.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 4 << 20;

/// The route under which requests that cannot be understood are recorded.
const UNKNOWN: &str = "unknown";

/// A client's connection, from being accepted to its end.
pub(super) struct Connection<E> {
    /// The library's connection, which owns the socket and is asked for nothing.
    _owner: Box<dyn Any + Send>,
    socket: RawFd,
    peer: SocketAddr,
    phase: Phase<E>,
    /// Whether the client has said that it sends nothing more.
    input_ended: bool,
    /// When the phase ends, whatever the client does.
    deadline: Instant,
    /// Since when it has been waiting for a whole request.
    waiting_since: Instant,
    part: PartialRequest,
    /// Dropped with the first answer.
    first_request: Option<FirstRequest>,
}

type Step = ControlFlow<Next>;

impl<E: Send + 'static> Connection<E> {
    /// A connection that waits for its first request until `deadline`.
    pub(super) fn new(
        owner: Box<dyn Any + Send>,
        socket: RawFd,
        peer: SocketAddr,
        deadline: Instant,
        first_request: FirstRequest,
    ) -> Box<Connection<E>> {
        Box::new(Connection {
            _owner: owner,
            socket,
            peer,
            phase: Phase::Reading,
            input_ended: false,
            deadline,
            waiting_since: Instant::now(),
            part: PartialRequest::default(),
            first_request: Some(first_request),
        })
    }

    pub(super) fn phase(&self) -> &Phase<E> {
        &self.phase
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(super) fn waiting_since(&self) -> Instant {
        self.waiting_since
    }

    /// Whether a part of a request has arrived and was looked at.
    pub(super) fn has_part(&self) -> bool {
        !self.part.bytes.is_empty()
    }

    /// Whether it has nothing under way but the client's next request.
    pub(super) fn is_between_requests(&self) -> bool {
        matches!(self.phase, Phase::Reading | Phase::ReadingTimedOut)
    }

    /// Whether something has arrived that no worker has looked at.
    pub(super) fn has_unseen(&self) -> bool {
        raw_fd::peek(self.socket, &mut [0]) != PeekResult::Nothing
    }

    /// Turns what it waits for into having waited for too long. The caller has it served.
    pub(super) fn time_out(&mut self) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Reading) {
            Phase::Reading => Phase::ReadingTimedOut,
            Phase::Queued(_, guard) => Phase::QueueTimedOut(guard),
            other => other,
        };
    }

    /// Does what can be done without waiting for the client.
    pub(super) fn advance<H: Handler<Event = E>>(
        &mut self,
        context: &mut WorkerContext<'_, H>,
    ) -> Next {
        context.buffers.window.clear();
        let mut next = Next::Yield;
        for _ in 0..REQUESTS_A_TURN {
            if let ControlFlow::Break(end) = self.step(context) {
                next = end;
                break;
            }
        }
        context.buffers.shrink();
        next
    }

    fn step<H: Handler<Event = E>>(&mut self, context: &mut WorkerContext<'_, H>) -> Step {
        match std::mem::replace(&mut self.phase, Phase::Reading) {
            Phase::Reading => {
                let pending = match self.part.guard.take() {
                    Some(guard) => Pending::Admitted(guard),
                    None => Pending::New,
                };
                self.read(pending, context)
            }
            Phase::Queued(slot_use, guard) => self.read(Pending::Queued(slot_use, guard), context),
            Phase::QueueTimedOut(guard) => self.read(Pending::TimedOut(guard), context),
            Phase::ReadingTimedOut => self.refuse(&Problem::request_timeout(), context),
            Phase::Sending(unsent) => match unsent.send_more(self.socket, context) {
                // Its client may have sent more since.
                Sending::Complete(AfterReply::Close, _) => self.linger(context),
                sending => self.after_sending(sending, context),
            },
            Phase::Lingering(left) => self.discard(left, context),
        }
    }

    /// Serves the next request, if it has arrived.
    fn read<H: Handler<Event = E>>(
        &mut self,
        pending: Pending,
        context: &mut WorkerContext<'_, H>,
    ) -> Step {
        let queued_for = match &pending {
            Pending::Queued(slot_use, _) => Some(*slot_use),
            Pending::New | Pending::Admitted(_) | Pending::TimedOut(_) => None,
        };
        if context.buffers.window.is_empty()
            && let Step::Break(next) = self.peek(context)
        {
            self.leave_queue(queued_for, context);
            self.part.guard = pending.into_guard();
            return Step::Break(next);
        }
        let bytes = context.buffers.window.unread();
        let seen = bytes.len();
        if !self.input_ended && !self.part.is_worth_parsing(bytes) {
            self.part.guard = pending.into_guard();
            return self.wait_for_rest(context);
        }
        let origin = Origin {
            socket: self.socket,
            peer: self.peer,
            input_ended: self.input_ended,
            continue_sent: self.part.continue_sent,
            body_deadline: self.part.body_deadline,
        };
        // What is missing in a window that has moved on may have arrived: then it is seen after a fresh peek.
        let is_fresh = context.buffers.window.is_fresh();
        let outcome = request::serve(origin, pending, context);
        if let Outcome::Queued(slot_use, guard) = outcome {
            self.phase = Phase::Queued(slot_use, guard);
            if queued_for.is_none() {
                let now = Instant::now();
                self.deadline = now + STORE_WAIT;
                if slot_use == SlotUse::Body {
                    // Waiting does not make its time longer.
                    let by = now + context.shared.limits.request_timeout;
                    self.deadline = self.deadline.min(by);
                    self.part.body_deadline = Some(by);
                }
            }
            return Step::Break(Next::Wait);
        }
        self.leave_queue(queued_for, context);
        match outcome {
            Outcome::Partial { .. } if !is_fresh => {
                context.buffers.window.clear();
                Step::Continue(())
            }
            Outcome::Partial { .. } if self.input_ended => {
                self.refuse(&Problem::bad_request("the request was cut short"), context)
            }
            Outcome::Partial {
                needed,
                continue_sent,
                guard,
            } => {
                self.part.parsed = seen;
                self.part.needed = needed;
                self.part.continue_sent |= continue_sent;
                self.part.guard = guard;
                self.wait_for_rest(context)
            }
            Outcome::Invalid(problem) => self.refuse(&problem, context),
            Outcome::Queued(..) => Step::Break(Next::Wait),
            Outcome::Responded(filled) => self.send(filled, context),
        }
    }

    /// Leaves the queue for the store, if the request is still in it: its answer may have come to memory meanwhile.
    fn leave_queue<H>(&self, queued_for: Option<SlotUse>, context: &WorkerContext<'_, H>) {
        if let Some(slot_use) = queued_for {
            context
                .shared
                .store_queue
                .take_queued(slot_use, context.token);
        }
    }

    /// Peeks at what has arrived.
    fn peek<H>(&mut self, context: &mut WorkerContext<'_, H>) -> Step {
        // A connection that was just taken shows everything that was reported.
        if !std::mem::take(&mut context.just_taken) {
            self.input_ended |= context.readiness.begin_peek(context.token);
        }
        let window = &mut context.buffers.window;
        match window.fill(&self.part.bytes, self.socket) {
            PeekResult::Bytes(_) => Step::Continue(()),
            PeekResult::Nothing if !self.input_ended => Step::Break(Next::Wait),
            PeekResult::Nothing | PeekResult::End if self.has_part() => {
                self.input_ended = true;
                Step::Continue(())
            }
            PeekResult::Nothing | PeekResult::End => Step::Break(Next::Close),
        }
    }

    fn wait_for_rest<H>(&mut self, context: &mut WorkerContext<'_, H>) -> Step {
        if !self.has_part() {
            // One deadline for all of the request, from its first byte on, however slowly it arrives.
            self.deadline = Instant::now() + context.shared.limits.request_timeout;
        }
        let window = &mut context.buffers.window;
        window.keep(&mut self.part.bytes, self.socket);
        Step::Break(Next::Wait)
    }

    /// Answers what is no request, and closes.
    fn refuse<H: Handler<Event = E>>(
        &mut self,
        problem: &Problem,
        context: &mut WorkerContext<'_, H>,
    ) -> Step {
        problem.write(&mut context.buffers.response);
        context.buffers.response.close();
        let filled = Filled {
            route: UNKNOWN,
            event: None,
            guard: None,
            head_only: context.buffers.window.unread().starts_with(b"HEAD ")
                || self.part.bytes.starts_with(b"HEAD "),
            then: AfterReply::Linger,
            started: Instant::now(),
        };
        self.send(filled, context)
    }

    fn send<H: Handler<Event = E>>(
        &mut self,
        filled: Filled<E>,
        context: &mut WorkerContext<'_, H>,
    ) -> Step {
        let buffers = &mut *context.buffers;
        let status = buffers.response.status();
        let insert = reply::render(buffers, &context.shared.common_headers, filled.head_only);
        buffers.response.reset();
        let reply = Reply {
            answer: Answer {
                route: filled.route,
                status,
            },
            started: filled.started,
            event: filled.event,
            guard: filled.guard,
            then: filled.then,
        };
        let sending = reply.send(self.socket, insert, context);
        if let Sending::Incomplete(_) = &sending {
            self.deadline = Instant::now() + context.shared.limits.request_timeout;
        }
        self.after_sending(sending, context)
    }

    fn after_sending<H: Handler<Event = E>>(
        &mut self,
        sending: Sending<E>,
        context: &mut WorkerContext<'_, H>,
    ) -> Step {
        self.first_request = None;
        match sending {
            Sending::Incomplete(unsent) => {
                self.phase = Phase::Sending(unsent);
                Step::Break(Next::Wait)
            }
            Sending::Failed => Step::Break(Next::Close),
            Sending::Complete(AfterReply::Close, _) if context.buffers.window.is_drained() => {
                Step::Break(Next::Close)
            }
            Sending::Complete(AfterReply::Close | AfterReply::Linger, _) => self.linger(context),
            Sending::Complete(AfterReply::KeepAlive, now) => {
                self.part = PartialRequest::default();
                self.waiting_since = now;
                self.deadline = self.waiting_since + context.shared.limits.idle_timeout;
                if context.buffers.window.is_drained() && !self.input_ended {
                    // Whatever arrives now is reported.
                    return Step::Break(Next::Wait);
                }
                Step::Continue(())
            }
        }
    }

    fn linger<H>(&mut self, context: &mut WorkerContext<'_, H>) -> Step {
        self.begin_linger();
        self.discard(LINGER_BYTES, context)
    }

    /// Discards what the client still sends, until it closes.
    fn discard<H>(&mut self, mut left: usize, context: &mut WorkerContext<'_, H>) -> Step {
        loop {
            self.input_ended |= context.readiness.begin_peek(context.token);
            // Beyond the bound it stays in the kernel: that holds the client up, where closing would reset it.
            let found = match left {
                0 => PeekResult::Nothing,
                _ => context.buffers.window.discard(self.socket),
            };
            match found {
                PeekResult::Bytes(taken) => left = left.saturating_sub(taken),
                PeekResult::Nothing if !self.input_ended => {
                    self.phase = Phase::Lingering(left);
                    return Step::Break(Next::Wait);
                }
                PeekResult::Nothing | PeekResult::End => return Step::Break(Next::Close),
            }
        }
    }

    /// Ends the connection as gently as its state allows, as at a stop: what was sent can still be read.
    pub(super) fn begin_linger(&mut self) {
        raw_fd::shutdown_write(self.socket);
        self.phase = Phase::Lingering(LINGER_BYTES);
        self.deadline = Instant::now() + LINGER;
    }
}

impl<E: Send> Pollable for Connection<E> {
    fn socket(&self) -> RawFd {
        self.socket
    }

    fn peer(&self) -> SocketAddr {
        self.peer
    }

    fn input_ended(&mut self) {
        self.input_ended = true;
    }
}
