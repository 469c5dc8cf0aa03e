//! One request: from the bytes at the front of the window to a filled response.

use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::body;
use super::context::{Shared, WorkerBuffers, WorkerContext};
use super::framing::Framing;
use super::handler::{Handler, Plan, Request};
use super::head::{self, Head, HeadStatus};
use super::in_flight::RequestGuard;
use super::poller::Token;
use super::raw_fd;
use super::reply::AfterReply;
use super::store_queue::{QueueSlot, SlotUse};
use super::window::WINDOW;
use crate::http::{Method, Problem, Response};

/// How long a request may wait for a store slot. After that its client is told that the store is busy.
pub(super) const STORE_WAIT: Duration = Duration::from_secs(5);

/// What happened to a request before.
pub(super) enum Pending {
    /// Nothing.
    New,
    /// Its head was there before its body, and it is in flight.
    Admitted(RequestGuard),
    /// It was queued for a slot.
    Queued(SlotUse, RequestGuard),
    /// It has waited for one for too long.
    TimedOut(RequestGuard),
}

impl Pending {
    /// What keeps the request in flight.
    pub(super) fn into_guard(self) -> Option<RequestGuard> {
        match self {
            Pending::New => None,
            Pending::Admitted(guard) | Pending::Queued(_, guard) | Pending::TimedOut(guard) => {
                Some(guard)
            }
        }
    }
}

/// The connection of a request.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) socket: RawFd,
    pub(super) peer: SocketAddr,
    /// Whether everything the client will ever send has arrived.
    pub(super) input_ended: bool,
    /// Whether the body was asked for by a 100.
    pub(super) continue_sent: bool,
    /// When its body must have been read, where that is set already.
    pub(super) body_deadline: Option<Instant>,
}

/// What came of it.
pub(super) enum Outcome<E> {
    /// It has not arrived whole. So many bytes are needed, where that is known.
    Partial {
        needed: usize,
        /// Whether the client was asked for the body.
        continue_sent: bool,
        /// Once its head is there, the request is in flight.
        guard: Option<RequestGuard>,
    },
    /// It is no request.
    Invalid(Problem),
    /// It waits for a slot.
    Queued(SlotUse, RequestGuard),
    /// The response is filled.
    Responded(Filled<E>),
}

/// A filled response, but for itself.
pub(super) struct Filled<E> {
    pub(super) route: &'static str,
    pub(super) event: Option<E>,
    pub(super) guard: Option<RequestGuard>,
    pub(super) head_only: bool,
    pub(super) then: AfterReply,
    pub(super) started: Instant,
}

/// Serves the request at the front of the window.
pub(super) fn serve<H: Handler>(
    origin: Origin,
    pending: Pending,
    context: &mut WorkerContext<'_, H>,
) -> Outcome<H::Event> {
    let started = Instant::now();
    let WorkerContext {
        shared,
        worker,
        token,
        ..
    } = *context;
    let WorkerBuffers {
        window,
        body,
        response,
        ..
    } = &mut *context.buffers;
    let (bytes, mut taker) = window.split();
    let mut fields = head::field_buffer();
    let (head, after_head) = match head::parse(bytes, &mut fields) {
        HeadStatus::Whole(head, rest) => (head, rest),
        HeadStatus::Partial => return Outcome::partial(0, false, None),
        HeadStatus::Invalid(problem) => return Outcome::Invalid(problem),
    };
    let mut request = Request {
        method: head.method,
        target: head.target,
        headers: head.headers,
        peer: origin.peer,
        draining: shared.in_flight.is_closed(),
        body: &[],
    };
    let planned = catch_unwind(AssertUnwindSafe(|| shared.handler.plan(&request)));
    let Ok(Plan {
        route,
        store,
        reads_body,
        during_drain,
        context: found,
    }) = planned
    else {
        return Outcome::Invalid(Problem::internal());
    };
    let mut course = Course::begin(shared, &head, reads_body, during_drain, pending);

    if during_drain {
        // Who watches the server sees what is in flight now.
        let in_flight = i64::try_from(shared.in_flight.count()).unwrap_or(i64::MAX);
        shared.metrics.requests_in_flight.set(in_flight);
    }

    // A body that fits into the window is served once it is there, and skipped where nobody reads it. Others are read
    // by the worker, or end the connection where nobody reads them.
    let inside = body_inside(&head);
    let mut streamed = false;
    match inside {
        Some(length) if after_head.len() >= length => request.body = &after_head[..length],
        Some(length) => match course.without_body(&head, reads_body, origin) {
            Missing::Awaited => {
                return Outcome::partial(head.length + length, false, course.guard);
            }
            Missing::Requested => {
                return Outcome::partial(head.length + length, true, course.guard);
            }
            Missing::CutShort => {
                return Outcome::Invalid(Problem::bad_request("the body was cut short"));
            }
            Missing::Unread => course.unread = true,
        },
        None if reads_body && course.refusal.is_none() => {
            let queued = course.queued.take();
            let Some(_slot) = slot_for(shared, SlotUse::Body, queued, token) else {
                return course.into_queued(SlotUse::Body);
            };
            taker.take(origin.socket, head.length);
            taker.forget_rest();
            streamed = true;
            if head.expects_continue {
                send_continue(origin.socket);
            }
            let _blocking = worker.enter_blocking();
            let latest = started + shared.limits.request_timeout;
            let deadline = origin.body_deadline.unwrap_or(latest);
            match body::read(
                origin.socket,
                head.framing,
                shared.limits.max_body,
                deadline,
                body,
            ) {
                Ok(()) => request.body = body,
                Err(problem) => course.refuse_unread(problem),
            }
        }
        None => course.unread = true,
    }

    let mut slot = None;
    if let Some(store_use) = store
        && course.refusal.is_none()
    {
        let slot_use = SlotUse::Store(store_use);
        slot = if streamed {
            let _blocking = worker.enter_blocking();
            let deadline = Instant::now() + STORE_WAIT;
            shared.store_queue.wait_for_slot(slot_use, token, deadline)
        } else {
            slot_for(shared, slot_use, course.queued.take(), token)
        };
        if slot.is_none() {
            if !streamed && course.guard.is_some() {
                return course.into_queued(slot_use);
            }
            course.refusal = Some(Problem::store_busy());
        }
    }
    if !streamed {
        let length = match inside {
            Some(length) if !course.unread => length,
            _ => 0,
        };
        taker.take(origin.socket, head.length + length);
    }

    let event = match &course.refusal {
        Some(problem) => {
            drop(found);
            shared.handler.refuse(&request, problem, response);
            None
        }
        None => {
            let _blocking = slot.as_ref().and_then(|_| worker.enter_blocking());
            handle(shared, &request, found, response)
        }
    };
    // The store is not held while the response is sent.
    drop::<Option<QueueSlot>>(slot);
    // Who asks whether the server drains gets one answer from head to body.
    let draining = match during_drain {
        true => request.draining,
        false => shared.in_flight.is_closed(),
    };
    course.finish(draining, &head, response);
    Outcome::Responded(Filled {
        route,
        event,
        head_only: head.method == Method::Head,
        then: course.after_reply(&head, response),
        guard: course.guard,
        started,
    })
}

/// A slot: the one that a queued request has been given, or a free one.
fn slot_for<H>(
    shared: &Shared<H>,
    slot_use: SlotUse,
    queued: Option<SlotUse>,
    token: Token,
) -> Option<QueueSlot> {
    match queued {
        Some(queued) => shared.store_queue.claim(queued, token),
        None => shared.store_queue.try_start(slot_use, token),
    }
}

/// The length of a body that fits into the window together with its head.
fn body_inside(head: &Head<'_>) -> Option<usize> {
    match head.framing {
        Framing::Sized(length) => usize::try_from(length)
            .ok()
            .filter(|length| *length <= WINDOW - head.length),
        Framing::Chunked => None,
    }
}

/// Fills the response, whatever happens in the handler.
fn handle<'r, H: Handler>(
    shared: &Shared<H>,
    request: &Request<'r>,
    context: H::Context<'r>,
    response: &mut Response,
) -> Option<H::Event> {
    let handled = catch_unwind(AssertUnwindSafe(|| {
        shared.handler.handle(request, context, response)
    }));
    handled.unwrap_or_else(|_| {
        let problem = Problem::internal();
        shared.handler.refuse(request, &problem, response);
        None
    })
}

/// RFC 9110 §15.2.1. It is short; should the socket not take it, the client sends its body after a while all the same.
fn send_continue(socket: RawFd) {
    let _ = raw_fd::send_now(socket, b"HTTP/1.1 100 Continue\r\n\r\n");
}

/// How a request is to be answered, as far as that is known.
struct Course {
    guard: Option<RequestGuard>,
    queued: Option<SlotUse>,
    /// Answered instead of being handled.
    refusal: Option<Problem>,
    /// Whether a part of the body is left in the socket.
    unread: bool,
}

/// What becomes of a request whose body is not there.
enum Missing {
    /// It comes by itself.
    Awaited,
    /// The client was asked for it.
    Requested,
    /// It does not come.
    CutShort,
    /// It is not needed for the answer.
    Unread,
}

impl Course {
    fn begin<H>(
        shared: &Shared<H>,
        head: &Head<'_>,
        reads_body: bool,
        during_drain: bool,
        pending: Pending,
    ) -> Course {
        let (guard, queued, timed_out) = match pending {
            Pending::New => (shared.in_flight.enter(), None, false),
            Pending::Admitted(guard) => (Some(guard), None, false),
            Pending::Queued(slot_use, guard) => (Some(guard), Some(slot_use), false),
            Pending::TimedOut(guard) => (Some(guard), None, true),
        };
        let max = shared.limits.max_body;
        let too_large = matches!(head.framing, Framing::Sized(length) if length > max);
        let refusal = if guard.is_none() && !during_drain {
            Some(Problem::draining())
        } else if reads_body && too_large {
            Some(Problem::too_large(max))
        } else {
            timed_out.then(Problem::store_busy)
        };
        Course {
            guard,
            queued,
            refusal,
            unread: false,
        }
    }

    /// Decides about a small body that has not arrived.
    fn without_body(&self, head: &Head<'_>, reads_body: bool, origin: Origin) -> Missing {
        if head.expects_continue && !origin.continue_sent {
            if self.refusal.is_some() || !reads_body {
                return Missing::Unread;
            }
            send_continue(origin.socket);
            return Missing::Requested;
        }
        match (&self.refusal, origin.input_ended) {
            (Some(_), _) => Missing::Unread,
            (None, true) => Missing::CutShort,
            (None, false) => Missing::Awaited,
        }
    }

    /// The request waits. Without a guard it could not: the server drains, and it is refused.
    fn into_queued<E>(self, slot_use: SlotUse) -> Outcome<E> {
        match self.guard {
            Some(guard) => Outcome::Queued(slot_use, guard),
            None => Outcome::Invalid(Problem::draining()),
        }
    }

    fn refuse_unread(&mut self, problem: Problem) {
        self.refusal = Some(problem);
        self.unread = true;
    }

    /// Says in the response what becomes of the connection.
    fn finish(&self, draining: bool, head: &Head<'_>, response: &mut Response) {
        if self.unread || !head.keep_alive || draining {
            response.close();
        } else if head.is_http_1_0 && !response.closes() {
            response.header("Connection", "keep-alive");
        }
    }

    fn after_reply(&self, head: &Head<'_>, response: &Response) -> AfterReply {
        match (response.closes(), head.keep_alive || self.unread) {
            (false, _) => AfterReply::KeepAlive,
            (true, false) => AfterReply::Close,
            (true, true) => AfterReply::Linger,
        }
    }
}

impl<E> Outcome<E> {
    fn partial(needed: usize, continue_sent: bool, guard: Option<RequestGuard>) -> Outcome<E> {
        Outcome::Partial {
            needed,
            continue_sent,
            guard,
        }
    }
}
