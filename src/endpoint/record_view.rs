//! A read of a post, given to the rules, and what comes of it noted for after the response.

use std::cell::RefCell;

use super::client::client_addr;
use super::exchange::Exchange;
use super::parameters::count_is_false;
use crate::clock;
use crate::http::Response;
use crate::model::{Outcome, PostId, TimestampMs, ViewEvent, Viewer};
use crate::rules::AgentCache;

thread_local! {
    /// User agents classified lately: few of them send most requests. Bounded, and one a worker.
    static AGENTS: RefCell<AgentCache> = RefCell::default();
}

/// Decides what becomes of a read of `post`, and has it sent once the response is written.
pub fn record_view(exchange: &mut Exchange<'_>, post: PostId) -> Outcome {
    if count_is_false(exchange.query()) {
        return Outcome::OptedOut;
    }
    let at = clock::now();
    let (outcome, viewer) = classify(exchange, at);
    let uncounted = match outcome {
        Outcome::Uncounted(reason) => Some(reason),
        Outcome::Accepted | Outcome::OptedOut => None,
    };
    exchange.event = Some(ViewEvent {
        post,
        at,
        viewer,
        uncounted,
    });
    outcome
}

/// Says in the response what became of the read.
pub fn write_outcome(response: &mut Response, outcome: Outcome) {
    match outcome {
        // Nearly always.
        Outcome::Accepted => response.lines("View-Outcome: accepted\r\n"),
        other => response.header("View-Outcome", other.name()),
    }
}

fn classify(exchange: &Exchange<'_>, at: TimestampMs) -> (Outcome, Option<Viewer>) {
    let headers = &exchange.request.headers;
    // An agent in Latin-1 is an agent all the same.
    let agent = headers.get_lossy("User-Agent");
    let header = |name: &str| match name {
        "User-Agent" => agent.as_deref(),
        _ => headers.get(name),
    };
    let client = client_addr(exchange.state, exchange.request);
    AGENTS.with_borrow_mut(|agents| {
        exchange.state.rules.classify(
            client,
            at,
            header,
            || exchange.state.auth.allows(headers),
            agents,
        )
    })
}
