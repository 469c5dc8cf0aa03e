//! A read of a post, given to the rules, and what comes of it noted for after the response.

use std::cell::RefCell;

use super::client::client_addr;
use super::exchange::Exchange;
use super::parameters::count_is_false;
use crate::clock;
use crate::http::Response;
use crate::model::{Outcome, PostId, Reason, SITE, TimestampMs, ViewEvent, Viewer};
use crate::rules::AgentCache;

thread_local! {
    /// User agents classified lately: few of them send most requests. Bounded, and one a worker.
    static AGENTS: RefCell<AgentCache> = RefCell::default();
}

/// Decides what becomes of a read of `post`, and has it sent once the response is written.
pub fn record_view(exchange: &mut Exchange<'_>, post: PostId) -> Outcome {
    let judged = judge_view(exchange);
    record_judged(exchange, post, judged)
}

/// A read that is judged: what becomes of it, if it is of a post.
pub struct JudgedView {
    outcome: Outcome,
    viewer: Option<Viewer>,
    at: TimestampMs,
}

impl JudgedView {
    /// Whether it is a view.
    pub fn is_accepted(&self) -> bool {
        self.outcome == Outcome::Accepted
    }
}

/// Decides what becomes of a read, whatever post it is of.
pub fn judge_view(exchange: &Exchange<'_>) -> JudgedView {
    let at = clock::now();
    let (outcome, viewer) = match count_is_false(exchange.query()) {
        true => (Outcome::OptedOut, None),
        false => classify(exchange, at),
    };
    JudgedView {
        outcome,
        viewer,
        at,
    }
}

/// Has a view of a page dropped for which there is no post. What is no view keeps its own reason.
pub fn record_dropped(exchange: &mut Exchange<'_>, judged: JudgedView) -> Outcome {
    record_unwanted(exchange, SITE, judged, Reason::Dropped)
}

/// Has a judged read left uncounted for this reason, unless it has one of its own.
pub fn record_unwanted(
    exchange: &mut Exchange<'_>,
    post: PostId,
    judged: JudgedView,
    reason: Reason,
) -> Outcome {
    let outcome = match judged.outcome {
        Outcome::Accepted => Outcome::Uncounted(reason),
        other => other,
    };
    let judged = JudgedView {
        outcome,
        viewer: None,
        ..judged
    };
    record_judged(exchange, post, judged)
}

/// Has a judged read of `post` sent once the response is written.
pub fn record_judged(exchange: &mut Exchange<'_>, post: PostId, judged: JudgedView) -> Outcome {
    let JudgedView {
        outcome,
        viewer,
        at,
    } = judged;
    let uncounted = match outcome {
        Outcome::Uncounted(reason) => Some(reason),
        Outcome::OptedOut => return outcome,
        Outcome::Accepted => None,
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
