//! Whether a read is a view, and whose: the rules applied to a request.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

use super::exchange::Exchange;
use super::parameters::count_is_false;
use crate::clock;
use crate::model::{MAX_VIEWER_NAME, Outcome, PostId, Reason, TimestampMs, ViewEvent, Viewer};
use crate::rules::{self, anonymous, client_addr::client_addr};

/// Judged agents that each worker keeps, and the longest agent kept, in bytes.
const AGENTS_KEPT: usize = 64;
const LONGEST_AGENT_KEPT: usize = 512;

thread_local! {
    /// Agents judged lately, and whether they are crawlers. The rule costs half a microsecond, and few agents send most
    /// requests. Bounded by the two constants above.
    static JUDGED: RefCell<Vec<(String, bool)>> = const { RefCell::new(Vec::new()) };
}

/// Decides what becomes of a read of `post`, and has it sent once the response is written.
pub(super) fn record_view(exchange: &mut Exchange<'_>, post: PostId) -> Outcome {
    if count_is_false(exchange.query()) {
        return Outcome::OptedOut;
    }
    let (outcome, viewer) = classify(exchange);
    let uncounted = match outcome {
        Outcome::Uncounted(reason) => Some(reason),
        Outcome::Accepted | Outcome::OptedOut => None,
    };
    // The time is set when the response has been written.
    exchange.event = Some(ViewEvent {
        post,
        at: TimestampMs(0),
        viewer,
        uncounted,
    });
    outcome
}

/// Decides about a request that did not ask to be left out. In this order, so that each has one reason: excluded
/// clients, crawlers, prefetches.
fn classify(exchange: &Exchange<'_>) -> (Outcome, Option<Viewer>) {
    let client = client(exchange);
    let agent = exchange
        .request
        .headers
        .get_lossy("User-Agent")
        .unwrap_or_default();
    if exchange.state.rules.is_excluded(client) {
        return (Outcome::Uncounted(Reason::Excluded), None);
    }
    if is_bot(exchange, &agent) {
        return (Outcome::Uncounted(Reason::Bot), None);
    }
    if rules::is_prefetch(|name| exchange.header(name)) {
        return (Outcome::Uncounted(Reason::Prefetch), None);
    }
    (Outcome::Accepted, viewer(exchange, client, &agent))
}

/// The client's address: the peer's, or what trusted proxies say.
fn client(exchange: &Exchange<'_>) -> IpAddr {
    let peer = exchange.request.peer.ip();
    let rules = &exchange.state.rules;
    if !rules.is_trusted(peer) {
        return peer.to_canonical();
    }
    let headers = &exchange.request.headers;
    client_addr(
        peer,
        headers.all("X-Forwarded-For"),
        headers.all("Forwarded"),
        &rules.trusted_proxies,
    )
}

fn is_bot(exchange: &Exchange<'_>, agent: &str) -> bool {
    // It declares nothing. Nor is it compared: empty strings point nowhere, and there the C library's memcmp for
    // AVX-512 takes 80 ns to compare no bytes (measured).
    if agent.is_empty() {
        return false;
    }
    JUDGED.with_borrow_mut(|judged| {
        if let Some(place) = judged.iter().position(|(known, _)| known == agent) {
            let verdict = judged[place].1;
            // Towards the front, so that frequent ones are found at once.
            judged.swap(place, place / 2);
            return verdict;
        }
        let verdict = exchange.state.rules.bots.is_bot(agent);
        if agent.len() <= LONGEST_AGENT_KEPT {
            if judged.len() >= AGENTS_KEPT {
                judged.pop();
            }
            judged.push((agent.to_owned(), verdict));
        }
        verdict
    })
}

fn viewer(exchange: &Exchange<'_>, client: IpAddr, agent: &str) -> Option<Viewer> {
    let rules = &exchange.state.rules;
    if !rules.viewers || rules::wants_privacy(|name| exchange.header(name)) {
        return None;
    }
    // Only with the token: a proxy passes on what its clients send.
    if let Some(name) = exchange.header("Viewer-Id").and_then(valid_name)
        && exchange.state.auth.allows(&exchange.request.headers)
    {
        return Some(Viewer::Named(Arc::from(name)));
    }
    Some(anonymous::viewer(
        &rules.salts.at(clock::now()),
        client,
        agent,
    ))
}

/// A name is 1 to 200 characters; another one is no name, and the viewer anonymous.
fn valid_name(name: &str) -> Option<&str> {
    let name = name.trim();
    (1..=MAX_VIEWER_NAME)
        .contains(&name.chars().count())
        .then_some(name)
}
