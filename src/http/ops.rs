//! What operators and their machines ask: alive, ready, measured.

use serde::Serialize;

use super::exchange::Exchange;
use super::problem::Problem;
use super::router::Route;

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

/// Whether a route is answered even while the server drains.
pub(super) fn answers_while_draining(route: Route) -> bool {
    matches!(route, Route::Healthz | Route::Readyz | Route::Metrics)
}

pub(super) fn healthz(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-store");
    exchange.response.json(&Status { status: "alive" });
    Ok(())
}

pub(super) fn readyz(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    if exchange.service.gate.is_closed() {
        return Err(Problem::draining());
    }
    if exchange.service.health.failure().is_some() {
        return Err(Problem::busy(
            "the store has not taken a write for 5 seconds; posts are served from memory, views are kept there",
        ));
    }
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-store");
    exchange.response.json(&Status { status: "ready" });
    Ok(())
}

pub(super) fn metrics(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let service = exchange.service;
    let gauge = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let waiting = service.events.waiting();
    service.metrics.channel_depth.set(gauge(waiting.events));
    service
        .metrics
        .overflow_entries
        .set(gauge(waiting.overflow_entries));
    service
        .metrics
        .requests_in_flight
        .set(gauge(service.gate.inside()));
    let text = service.metrics.render();
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-store");
    exchange.response.text(
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        &text,
    );
    Ok(())
}
