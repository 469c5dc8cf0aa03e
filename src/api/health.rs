//! What operators and their machines ask: alive, ready, measured.

use serde::Serialize;

use crate::clock;
use crate::endpoint::Exchange;
use crate::http::Problem;

/// How long a batch may wait for the queue before the server reports that it is not ready, in seconds.
const LONG_WAIT: i64 = 5;

#[derive(Serialize)]
struct Status<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
}

pub(super) fn healthz(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-store");
    exchange.response.json(&Status {
        status: "alive",
        node: exchange.state.node.as_deref(),
    });
    Ok(())
}

pub(super) fn readyz(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    if exchange.request.draining {
        return Err(Problem::draining());
    }
    if exchange.state.health.failure().is_some() {
        return Err(Problem::busy(match exchange.state.queue_health {
            None => {
                "the store has not taken a write for 5 seconds; posts are served from memory, views are kept there"
            }
            Some(_) => {
                "views could not be put down for the queue for 5 seconds; posts are served, views are kept in memory and in the journal"
            }
        }));
    }
    if let Some(queue) = &exchange.state.queue_health {
        // A sending that has no answer yet is no failure yet.
        let since = exchange.state.metrics.queue.waiting_since.get();
        let waits_long = since > 0 && clock::now().seconds() - since >= LONG_WAIT;
        if waits_long || queue.sending.failure().is_some() {
            return Err(Problem::busy(
                "views wait for the queue for more than 5 seconds; posts are served, and the views are kept here until it takes them",
            ));
        }
        if queue.consuming_failure().is_some() {
            return Err(Problem::busy(
                "nothing of the queue could be counted for 5 seconds; it waits there",
            ));
        }
    }
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-store");
    exchange.response.json(&Status {
        status: "ready",
        node: exchange.state.node.as_deref(),
    });
    Ok(())
}

pub(super) fn metrics(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let state = exchange.state;
    let gauge = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let waiting = state.events.depth();
    state.metrics.channel_depth.set(gauge(waiting.events));
    state
        .metrics
        .overflow_entries
        .set(gauge(waiting.overflow_entries));
    let text = state.metrics.render();
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-store");
    exchange.response.text(
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        &text,
    );
    Ok(())
}
