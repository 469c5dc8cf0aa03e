//! Applies the rules to a request: whether it is a view, and whose.

use std::net::{IpAddr, Ipv4Addr};

use super::exchange::Exchange;
use crate::clock;
use crate::model::{Outcome, Viewer};

/// Classifies a request that did not opt out.
pub(super) fn judge(exchange: &mut Exchange<'_>) -> (Outcome, Option<Viewer>) {
    let client = client(exchange);
    let mut agents = std::mem::take(exchange.agents);
    let result = exchange.service.rules.classify(
        client,
        clock::now(),
        |name| exchange.header(name),
        || exchange.service.auth.allows(exchange),
        &mut agents,
    );
    *exchange.agents = agents;
    result
}

/// The client's address: the peer's, or what trusted proxies say.
fn client(exchange: &Exchange<'_>) -> IpAddr {
    let peer = exchange.peer().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let rules = &exchange.service.rules;
    if !rules.is_trusted(peer) {
        return peer.to_canonical();
    }
    let forwarded_for = exchange.headers("X-Forwarded-For");
    let forwarded = exchange.headers("Forwarded");
    rules.client(
        peer,
        forwarded_for.iter().map(String::as_str),
        forwarded.iter().map(String::as_str),
    )
}
