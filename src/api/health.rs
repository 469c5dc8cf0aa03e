//! What operators and their machines ask: alive, ready, measured.

use serde::Serialize;

use crate::endpoint::Exchange;
use crate::http::Problem;

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
        return Err(Problem::busy(
            "the store has not taken a write for 5 seconds; posts are served from memory, views are kept there",
        ));
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
