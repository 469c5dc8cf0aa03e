//! Whether a read is a view, and whose. Decided on the request's thread, from plain values, in about a microsecond.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::agent_cache::AgentCache;
use super::anonymous::{self, Salts};
use super::bot::BotRule;
use super::client_addr::client_addr;
use super::client_scheme::is_https;
use super::prefetch::is_prefetch;
use crate::model::{MAX_VIEWER_NAME, Outcome, Reason, TimestampMs, Viewer, ViewingKey};

/// The rules of a server. Immutable except for the salts, which synchronise themselves.
pub struct ViewRules {
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Clients whose views are not counted.
    pub excluded: Vec<IpNet>,
    /// Whether views have viewers.
    pub viewers: bool,
    /// Which user agents are crawlers.
    pub bots: BotRule,
    /// The secrets of anonymous viewers.
    pub salts: Arc<Salts>,
}

impl ViewRules {
    /// Whether a peer is a proxy whose forwarding headers are believed. For any other peer they need not be looked up.
    pub fn is_trusted(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }

    /// The client's address: the peer's, or what trusted proxies say in `X-Forwarded-For` and `Forwarded`.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded_for: impl Iterator<Item = &'a str>,
        forwarded: impl Iterator<Item = &'a str>,
    ) -> IpAddr {
        client_addr(peer, forwarded_for, forwarded, &self.trusted_proxies)
    }

    /// Whether the client of a trusted proxy uses TLS, by the values of these fields.
    pub fn is_https(&self, forwarded_proto: Option<&str>, forwarded: Option<&str>) -> bool {
        is_https(forwarded_proto, forwarded)
    }

    /// Classifies a read that did not opt out. The first rule that applies gives the reason: excluded client, crawler,
    /// prefetch.
    ///
    /// `header` looks a header's first value up. `is_authorized` tells whether the request carries the token, without
    /// which `Viewer-Id` is ignored; it is called only if there is that header.
    pub fn classify<'a>(
        &self,
        client: IpAddr,
        at: TimestampMs,
        header: impl Fn(&str) -> Option<&'a str>,
        is_authorized: impl FnOnce() -> bool,
        agents: &mut AgentCache,
    ) -> (Outcome, Option<Viewer>) {
        let uncounted = |reason| (Outcome::Uncounted(reason), None);
        if self.excluded.iter().any(|net| net.contains(&client)) {
            return uncounted(Reason::Excluded);
        }
        let agent = header("User-Agent").unwrap_or_default();
        if agents.is_bot(&self.bots, agent) {
            return uncounted(Reason::Bot);
        }
        if is_prefetch(&header) {
            return uncounted(Reason::Prefetch);
        }
        if !self.viewers || wants_privacy(&header) {
            return (Outcome::Accepted, None);
        }
        let name = header("Viewer-Id").and_then(valid_name);
        let viewer = match name.filter(|_| is_authorized()) {
            Some(name) => Some(Viewer::Named(Arc::from(name))),
            None => {
                let salt = self.salts.at(at);
                salt.map(|salt| anonymous::viewer(&salt, client, agent))
            }
        };
        (Outcome::Accepted, viewer)
    }
}

/// Whether a client asks not to be told apart: Global Privacy Control, or the older Do Not Track.
fn wants_privacy<'a>(header: impl Fn(&str) -> Option<&'a str>) -> bool {
    header("Sec-GPC") == Some("1") || header("DNT") == Some("1")
}

/// A name has 1 to 200 characters, and is not how an anonymous viewer is shown. With any other value the viewer is
/// anonymous.
fn valid_name(name: &str) -> Option<&str> {
    let name = name.trim();
    let is_name = (1..=MAX_VIEWER_NAME).contains(&name.chars().count())
        && matches!(ViewingKey::parse(name), ViewingKey::Named(_));
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn rules() -> ViewRules {
        ViewRules {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            excluded: vec!["198.51.100.0/24".parse().unwrap()],
            viewers: true,
            bots: BotRule::new(),
            salts: Arc::default(),
        }
    }

    fn classify(
        rules: &ViewRules,
        client: &str,
        headers: &[(&str, &'static str)],
        authorized: bool,
    ) -> (Outcome, Option<Viewer>) {
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| *value)
        };
        rules.classify(
            client.parse().unwrap(),
            TimestampMs(0),
            header,
            || authorized,
            &mut AgentCache::default(),
        )
    }

    #[test]
    fn the_first_rule_that_applies_gives_the_reason() {
        let rules = rules();
        let reason = |client, headers: &[_]| classify(&rules, client, headers, false).0;
        let bot = ("User-Agent", "Googlebot/2.1");
        let prefetch = ("Sec-Purpose", "prefetch");
        let excluded = Outcome::Uncounted(Reason::Excluded);
        assert_eq!(reason("198.51.100.7", &[bot, prefetch]), excluded);
        assert_eq!(
            reason("192.0.2.1", &[bot, prefetch]),
            Outcome::Uncounted(Reason::Bot)
        );
        assert_eq!(
            reason("192.0.2.1", &[prefetch]),
            Outcome::Uncounted(Reason::Prefetch)
        );
        assert_eq!(reason("192.0.2.1", &[]), Outcome::Accepted);
    }

    #[test]
    fn a_name_is_believed_with_the_token_only() {
        let rules = rules();
        let viewer =
            |headers: &[_], authorized| classify(&rules, "10.0.0.1", headers, authorized).1;
        let named = [("Viewer-Id", " ann ")];
        assert_eq!(viewer(&named, true), Some(Viewer::Named("ann".into())));
        for (headers, authorized) in [
            (&named[..], false),
            (&[], true),
            (&[("Viewer-Id", " ")], true),
            (&[("Viewer-Id", "anonymous-fc86b504bd15993d")], true),
        ] {
            let viewer = viewer(headers, authorized);
            assert!(matches!(viewer, Some(Viewer::Anonymous(_))), "{headers:?}");
        }
    }

    #[test]
    fn nobody_is_told_apart_who_asks_not_to_be() {
        let mut rules = rules();
        for asks in [("Sec-GPC", "1"), ("DNT", "1")] {
            let headers = [asks, ("Viewer-Id", "ann")];
            assert_eq!(
                classify(&rules, "192.0.2.1", &headers, true),
                (Outcome::Accepted, None)
            );
        }
        let told = classify(&rules, "192.0.2.1", &[("DNT", "0")], false);
        assert!(told.1.is_some());
        rules.viewers = false;
        assert_eq!(classify(&rules, "192.0.2.1", &[], false).1, None);
    }

    #[test]
    fn only_trusted_proxies_say_who_the_client_is() {
        let rules = rules();
        let client = |peer: &str| {
            let peer = peer.parse().unwrap();
            rules.client(peer, ["192.0.2.1"].into_iter(), std::iter::empty())
        };
        assert_eq!(client("10.1.2.3"), CLIENT);
        assert_eq!(client("::ffff:10.1.2.3"), CLIENT);
        assert_eq!(client("192.0.2.9").to_string(), "192.0.2.9");
        assert!(rules.is_trusted("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!rules.is_trusted(CLIENT));
    }
}
