//! What happens right now, for the strip on the dashboard, which asks each second while somebody sees it.

use serde::Serialize;

use crate::endpoint::Exchange;
use crate::http::Problem;
use crate::pages::access;
use crate::pages::session::Visitor;
use crate::pages::state::PageState;

#[derive(Serialize)]
struct Live<'a> {
    /// `null` where no other node shares the store.
    node: Option<&'a str>,
    /// Views counted since the start.
    counted: u64,
    channel_depth: usize,
    channel_capacity: usize,
    overflow_entries: usize,
    counters: i64,
    /// Messages of the queue that could not be counted, and wait for a decision; `null` without a queue.
    set_aside: Option<i64>,
    /// `null` before the first commit.
    seconds_since_commit: Option<f64>,
}

/// Answers from memory alone.
pub fn get(pages: &PageState, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    access::check(pages, exchange, &Visitor::of(pages, exchange))?;
    let state = exchange.state;
    let depth = state.events.depth();
    let since_commit = state.metrics.since_commit();
    let live = Live {
        node: state.node.as_deref(),
        // Where there is a queue, others count what is read here.
        counted: match state.queue_health {
            Some(_) => state.metrics.delivered_events(),
            None => state.metrics.written_as("counted"),
        },
        channel_depth: depth.events,
        channel_capacity: state.metrics.channel_capacity,
        overflow_entries: depth.overflow_entries,
        counters: state.metrics.counters_running.get(),
        set_aside: state
            .queue_health
            .as_ref()
            .map(|_| state.metrics.queue.waiting_set_aside.get()),
        seconds_since_commit: since_commit.map(|time| (time.as_secs_f64() * 10.0).round() / 10.0),
    };
    exchange.response.start(200);
    exchange.response.lines("Cache-Control: no-store\r\n");
    exchange.response.json(&live);
    Ok(())
}
