//! One connection, request by request.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::body;
use super::dispatch;
use super::exchange::{Exchange, Method, Target};
use super::gate::Pass;
use super::head::{self, Arrived, LOOK};
use super::pool::Pool;
use super::problem::Problem;
use super::response::{self, Response};
use super::router::{self, Route};
use super::sockets::{self, Seen};
use super::watch::Seat;
use crate::clock;
use crate::metrics::{Answer, HistogramCache};

/// A longer target's buffer is given back after its request.
const TARGET_KEPT: usize = 4096;

/// A client's connection, from being accepted to its end.
pub(super) struct Connection {
    requests: Requests,
    /// The socket's number, for what the library does not do. Good as long as this lives, which keeps it open.
    socket: RawFd,
    peer: SocketAddr,
    /// The last agent judged, and whether it is a crawler: the requests of a connection mostly come from one agent.
    agents: crate::rules::AgentCache,
    /// Since when it has been waiting for its client.
    pub(super) waiting_since: Instant,
    /// Whether the client has said that it sends nothing more.
    pub(super) ended: bool,
    /// Whether the library may hold a part of the next request already, which the kernel will not tell of again.
    read_ahead: bool,
}

/// The library's connection: it yields requests until the client has sent its last. `None` is what it cannot parse; it
/// has answered that with 400 itself.
type Requests = Box<dyn Iterator<Item = Option<tiny_http::Request>> + Send>;

/// What is to become of a connection.
pub(super) enum Then {
    /// It waits for its client, who need not find a thread waiting.
    Park,
    /// It is to be served on at once: there may be more.
    GoOn,
    /// Its request asks the store, and this thread may not wait.
    Ask(tiny_http::Request, Pass),
    /// It is over.
    End,
}

/// How to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// From memory, or not now.
    AtOnce,
    /// Asking the store if need be.
    Waiting,
    /// That the store is busy: the request has waited for too long.
    Overdue,
}

enum Answered {
    /// The connection may carry another request.
    AndGoesOn,
    AndEnds,
    /// The store must be asked.
    Not(tiny_http::Request, Pass),
}

/// The client has gone.
struct Ended;

/// What a thread keeps from request to request: its buffers, and where its measurements go.
pub(super) struct Scratch {
    arrived: Box<[u8; LOOK]>,
    target: String,
    response: Response,
    out: Vec<u8>,
    known_answers: HistogramCache,
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch {
            arrived: Box::new([0; LOOK]),
            target: String::new(),
            response: Response::default(),
            out: Vec::new(),
            known_answers: HistogramCache::default(),
        }
    }
}

impl Connection {
    pub(super) fn new<E: 'static>(
        requests: impl Iterator<Item = Result<tiny_http::Request, E>> + Send + 'static,
        socket: RawFd,
        peer: SocketAddr,
    ) -> Box<Connection> {
        Box::new(Connection {
            requests: Box::new(requests.map(Result::ok)),
            socket,
            peer,
            agents: crate::rules::AgentCache::default(),
            waiting_since: Instant::now(),
            ended: false,
            read_ahead: false,
        })
    }

    pub(super) fn socket(&self) -> RawFd {
        self.socket
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Serves the next request, if one has arrived. `may_wait`: whether this thread is held up anyway.
    pub(super) fn serve(
        &mut self,
        pool: &Pool,
        seat: &Seat,
        scratch: &mut Scratch,
        may_wait: bool,
    ) -> Then {
        if !self.read_ahead {
            match self.look(&mut scratch.arrived) {
                Ok(Arrived::OneRequest) => {}
                Ok(Arrived::PartOfHead) if !self.ended => return Then::Park,
                Ok(Arrived::LaterVersion) => {
                    self.refuse(&Problem::version_not_supported(), pool, scratch);
                    return Then::End;
                }
                Ok(Arrived::EndlessHead) => {
                    self.refuse(&Problem::head_too_long(LOOK), pool, scratch);
                    return Then::End;
                }
                Ok(Arrived::PartOfHead | Arrived::Other) => self.read_ahead = true,
                Err(Ended) => return Then::End,
            }
        }
        let _held_up = self.read_ahead.then(|| pool.crew.held_up(seat));
        seat.wait(pool.idle_timeout);
        let request = catch_unwind(AssertUnwindSafe(|| self.requests.next()));
        seat.done();
        let Ok(Some(Some(request))) = request else {
            return Then::End;
        };
        let how = if may_wait || self.read_ahead {
            How::Waiting
        } else {
            How::AtOnce
        };
        let pass = pool.service.gate.enter();
        self.answer(request, pass, pool, seat, scratch, how)
    }

    /// Answers a request of this connection: without a `pass`, that the server is about to stop.
    pub(super) fn answer(
        &mut self,
        request: tiny_http::Request,
        pass: Option<Pass>,
        pool: &Pool,
        seat: &Seat,
        scratch: &mut Scratch,
        how: How,
    ) -> Then {
        let answered = catch_unwind(AssertUnwindSafe(|| {
            self.respond(request, pass, pool, seat, scratch, how)
        }));
        // However it went: a deadline left behind would be that of the thread's next connection.
        seat.done();
        scratch.response.reset();
        response::shrink(&mut scratch.out);
        scratch.target.shrink_to(TARGET_KEPT);
        self.waiting_since = Instant::now();
        match answered {
            Ok(Answered::Not(request, pass)) => Then::Ask(request, pass),
            Ok(Answered::AndGoesOn) if self.read_ahead || self.ended => Then::GoOn,
            Ok(Answered::AndGoesOn) => Then::Park,
            Ok(Answered::AndEnds) | Err(_) => Then::End,
        }
    }

    /// Answers one request.
    fn respond(
        &mut self,
        mut request: tiny_http::Request,
        pass: Option<Pass>,
        pool: &Pool,
        seat: &Seat,
        scratch: &mut Scratch,
        how: How,
    ) -> Answered {
        let started = Instant::now();
        let service = &*pool.service;
        let Scratch {
            arrived: _,
            target,
            response,
            out,
            known_answers,
        } = scratch;
        target.clear();
        target.push_str(request.url());
        let method = Method::from(request.method());
        let target = Target::parse(target);
        let found = router::find(target.path);
        let needs = dispatch::needs(&service.store, found, method);
        if needs.the_store()
            && how == How::AtOnce
            && let Some(pass) = pass
        {
            return Answered::Not(request, pass);
        }
        let refused = match how {
            _ if pass.is_none() => Some(Problem::draining()),
            How::Overdue => Some(Problem::busy("the store is busy; try again shortly")),
            How::AtOnce | How::Waiting => None,
        };
        let mut exchange = Exchange {
            service,
            seat,
            method,
            target,
            known: needs.known(),
            request: &mut request,
            response: &mut *response,
            agents: &mut self.agents,
            event: None,
            body_read: false,
        };
        let answered = catch_unwind(AssertUnwindSafe(|| {
            dispatch::answer(&mut exchange, found, refused);
        }));
        if answered.is_err() {
            exchange.event = None;
            Problem::internal().write(exchange.response);
        }
        body::settle(&mut exchange);
        finish_headers(&mut exchange, pool);
        let event = exchange.event;
        let now = clock::now();
        response.render(out, now, &service.cors_origin, method == Method::Head);
        let written = write(request.into_writer(), self.socket, out, pool, seat);
        if let (Some(mut event), Ok(())) = (event, &written) {
            event.at = now;
            let mut held_up = None;
            let mut before_block = || held_up = pool.crew.held_up(seat);
            service.events.send(event, &mut before_block);
        }
        // A drain waits for the view to be sent.
        drop(pass);
        let status = response.status();
        service.metrics.answered(
            known_answers,
            Answer {
                route: found.route.name(),
                status,
            },
            started.elapsed(),
        );
        tracing::debug!(
            method = method.name(),
            route = found.route.name(),
            status,
            "answered"
        );
        if written.is_ok() && !response.closes() {
            Answered::AndGoesOn
        } else {
            Answered::AndEnds
        }
    }

    /// Answers what the library is not to see.
    fn refuse(&self, problem: &Problem, pool: &Pool, scratch: &mut Scratch) {
        let service = &*pool.service;
        let Scratch { response, out, .. } = scratch;
        problem.write(response);
        response.close();
        response.render(out, clock::now(), &service.cors_origin, false);
        // It is short, and the first on its connection or the only one under way: it fits, or the client is gone.
        sockets::send_now(self.socket, out);
        // What is closed before it was read is reset, and the answer with it.
        sockets::discard(self.socket, &mut *scratch.arrived);
        let answer = Answer {
            route: Route::Unknown.name(),
            status: response.status(),
        };
        service
            .metrics
            .answered(&mut scratch.known_answers, answer, Duration::ZERO);
        response.reset();
    }

    fn look(&self, buffer: &mut [u8; LOOK]) -> Result<Arrived, Ended> {
        match sockets::peek(self.socket, buffer) {
            Seen::End => Err(Ended),
            // An event told of something: the library has it already.
            Seen::Nothing => Ok(Arrived::Other),
            Seen::Bytes(length) => Ok(head::look(&buffer[..length])),
        }
    }
}

/// Writes a response in one piece. What the socket does not take at once has to wait for the client.
fn write(
    mut writer: Box<dyn Write + Send>,
    socket: RawFd,
    out: &[u8],
    pool: &Pool,
    seat: &Seat,
) -> io::Result<()> {
    let written = sockets::send_now(socket, out);
    if written == out.len() {
        return Ok(());
    }
    let _held_up = pool.crew.held_up(seat);
    // The socket's timeout bounds it: Linux wakes a writer only when a third of the send buffer is free, so a client that
    // takes a little now and then does not count as taking anything.
    writer.write_all(&out[written..])?;
    writer.flush()
}

/// Says in the response what becomes of the connection, as the library will have it: it looks for words anywhere in
/// the header, not for tokens.
fn finish_headers(exchange: &mut Exchange<'_>, pool: &Pool) {
    let asked = exchange.header("Connection").unwrap_or_default();
    let has = |word: &str| head::contains_word(asked.as_bytes(), word);
    let old = *exchange.request.http_version() < (1, 1);
    let ends = has("close") || has("upgrade") || (old && !has("keep-alive"));
    if ends || pool.is_crowded() || exchange.service.gate.is_closed() {
        exchange.response.close();
    } else if old {
        exchange.response.header("Connection", "keep-alive");
    }
}
