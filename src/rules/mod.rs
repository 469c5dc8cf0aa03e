//! What is a view, and whose: decided on the request's thread, from the request alone, in about a microsecond.

pub mod anonymous;
pub mod bot;
pub mod client_addr;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

pub use anonymous::Salts;
pub use bot::BotRule;

/// The rules of a server. Immutable but for the salts, which guard themselves.
pub struct ViewRules {
    /// Proxies whose word about the client is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Clients that are not counted.
    pub excluded: Vec<IpNet>,
    /// Whether views have viewers.
    pub viewers: bool,
    /// Which agents are crawlers.
    pub bots: BotRule,
    /// The secrets of anonymous viewers.
    pub salts: Arc<Salts>,
}

impl ViewRules {
    /// Whether a client is left out by configuration.
    pub fn is_excluded(&self, client: IpAddr) -> bool {
        self.excluded.iter().any(|net| net.contains(&client))
    }

    /// Whether a peer is a proxy whose word is taken.
    pub fn is_trusted(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }
}

/// Whether a browser fetches ahead of a reader, who may never come: `Sec-Purpose: prefetch` (Fetch standard, also with
/// `;prerender`), and the older `Purpose` and `X-Moz`.
pub fn is_prefetch<'a>(header: impl Fn(&str) -> Option<&'a str>) -> bool {
    ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"]
        .into_iter()
        .any(|name| {
            header(name).is_some_and(|value| {
                let purpose = value.split([';', ',']).next().unwrap_or_default().trim();
                purpose.eq_ignore_ascii_case("prefetch")
                    || purpose.eq_ignore_ascii_case("prerender")
            })
        })
}

/// Whether a client asks not to be told apart: Global Privacy Control, or the older Do Not Track.
pub fn wants_privacy<'a>(header: impl Fn(&str) -> Option<&'a str>) -> bool {
    header("Sec-GPC") == Some("1") || header("DNT") == Some("1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> impl Fn(&str) -> Option<&'static str> {
        move |asked| asked.eq_ignore_ascii_case(name).then_some(value)
    }

    #[test]
    fn prefetches_and_prerenders_are_told_apart_from_visits() {
        assert!(is_prefetch(with("Sec-Purpose", "prefetch")));
        assert!(is_prefetch(with("sec-purpose", "prefetch;prerender")));
        assert!(is_prefetch(with("Purpose", "Prefetch")));
        assert!(!is_prefetch(with("Sec-Purpose", "")));
        assert!(!is_prefetch(with("Accept", "prefetch")));
    }

    #[test]
    fn privacy_is_asked_for_by_a_one() {
        assert!(wants_privacy(with("Sec-GPC", "1")));
        assert!(wants_privacy(with("DNT", "1")));
        assert!(!wants_privacy(with("DNT", "0")));
    }
}
