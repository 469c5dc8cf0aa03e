//! Where a request comes from.

use std::net::IpAddr;

use super::state::SiteState;
use crate::server::Request;

/// The client's address: the peer's, or what trusted proxies say.
pub fn client_addr(state: &SiteState, request: &Request<'_>) -> IpAddr {
    let peer = request.peer.ip();
    if !state.rules.is_trusted(peer) {
        return peer.to_canonical();
    }
    state.rules.client(
        peer,
        request.headers.all("X-Forwarded-For"),
        request.headers.all("Forwarded"),
    )
}

/// Whether the client's own connection is encrypted, as a trusted proxy says: this server speaks no TLS.
pub fn is_https(state: &SiteState, request: &Request<'_>) -> bool {
    state.rules.is_trusted(request.peer.ip())
        && state.rules.is_https(
            request.headers.get("X-Forwarded-Proto"),
            request.headers.get("Forwarded"),
        )
}
