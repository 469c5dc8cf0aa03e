//! Who gives way when places or memory are scarce: the address that holds the most.
//!
//! There is no share while there is room: one address may hold every connection. Addresses that are exempt (trusted
//! proxies, which speak for many clients) neither give way nor are capped.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ipnet::IpNet;

use super::connection::Connection;
use super::phase::Phase;
use super::poller::{Pollable, Poller, Token};

/// Connections picked in one pass over all of them, so that a burst of newcomers does not cost a pass for each.
const PICKED_AT_ONCE: usize = 64;

/// A network that one client may have for itself: an IPv4 address, or a /64 of IPv6 (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin(IpAddr);

impl Origin {
    pub(super) fn of(address: IpAddr) -> Origin {
        Origin(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let prefix = v6.to_bits() >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from_bits(prefix))
            }
            v4 => v4,
        })
    }
}

/// How many connections each origin holds. Shared by workers; bounded by the connections.
pub(super) struct Census {
    exempt: Vec<IpNet>,
    held: Mutex<HashMap<Origin, usize>>,
}

impl Census {
    pub(super) fn new(exempt: Vec<IpNet>) -> Census {
        Census {
            exempt,
            held: Mutex::default(),
        }
    }

    /// Counts a connection. Returns how many its origin holds with it; `None` if it is exempt.
    pub(super) fn add(&self, address: IpAddr) -> Option<usize> {
        if self.is_exempt(address) {
            return None;
        }
        let mut held = self.lock();
        let count = held.entry(Origin::of(address)).or_default();
        *count += 1;
        Some(*count)
    }

    /// Counts a connection no more.
    pub(super) fn remove(&self, address: IpAddr) {
        let origin = Origin::of(address);
        let mut held = self.lock();
        if let Some(count) = held.get_mut(&origin) {
            *count -= 1;
            if *count == 0 {
                held.remove(&origin);
            }
        }
    }

    fn is_exempt(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.exempt.iter().any(|net| net.contains(&address))
    }

    /// The origin that holds the most.
    fn heaviest(&self) -> Option<Origin> {
        let held = self.lock();
        let most = held.iter().max_by_key(|(_, count)| **count);
        most.map(|(origin, _)| *origin)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connections of the heaviest origin that should give way, the first of them last: those that linger, then those
/// that have waited longest without a whole request, then those that do not take their response.
pub(super) fn pick<E: Send + 'static>(
    poller: &Poller<Connection<E>>,
    census: &Census,
) -> Vec<Token> {
    let Some(heaviest) = census.heaviest() else {
        return Vec::new();
    };
    let mut candidates: Vec<(u8, Instant, Token)> = Vec::new();
    poller.for_each_waiting(|token, connection| {
        if Origin::of(connection.peer().ip()) == heaviest {
            candidates.push((rank(connection), connection.waiting_since(), token));
        }
    });
    candidates.sort_unstable_by_key(|&(rank, since, _)| (rank, since));
    candidates.truncate(PICKED_AT_ONCE);
    candidates
        .into_iter()
        .rev()
        .map(|(.., token)| token)
        .collect()
}

fn rank<E: Send + 'static>(connection: &Connection<E>) -> u8 {
    match connection.phase() {
        Phase::Lingering(_) => 0,
        Phase::Reading | Phase::ReadingTimedOut => 1,
        Phase::Sending(_) => 2,
        Phase::Queued(..) | Phase::QueueTimedOut(_) => 3,
    }
}

/// Whether a picked connection may be ended: not where a request has arrived that nobody has looked at.
pub(super) fn gives_way<E: Send + 'static>(connection: &Connection<E>) -> bool {
    match connection.phase() {
        Phase::Reading => !connection.has_unseen(),
        Phase::ReadingTimedOut | Phase::QueueTimedOut(_) => false,
        Phase::Queued(..) | Phase::Sending(_) | Phase::Lingering(_) => true,
    }
}

/// The connection with the oldest untaken response, of the origin whose untaken responses hold the most memory.
pub(super) fn pick_unsent<E: Send + 'static>(poller: &Poller<Connection<E>>) -> Option<Token> {
    let mut memory: HashMap<Origin, usize> = HashMap::new();
    let mut oldest: HashMap<Origin, (Instant, Token)> = HashMap::new();
    poller.for_each_waiting(|token, connection| {
        if let Phase::Sending(unsent) = connection.phase() {
            let origin = Origin::of(connection.peer().ip());
            *memory.entry(origin).or_default() += unsent.memory();
            let since = connection.deadline();
            oldest
                .entry(origin)
                .and_modify(|known| {
                    if since < known.0 {
                        *known = (since, token);
                    }
                })
                .or_insert((since, token));
        }
    });
    let (heaviest, _) = memory
        .into_iter()
        .min_by_key(|&(_, bytes)| Reverse(bytes))?;
    oldest.get(&heaviest).map(|&(_, token)| token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_addresses_and_networks_of_64_bits() {
        let origin = |text: &str| Origin::of(text.parse().unwrap());
        assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:1"));
        assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
        assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
        assert_eq!(origin("::ffff:192.0.2.1"), origin("192.0.2.1"));
    }

    #[test]
    fn the_heaviest_is_never_exempt() {
        let census = Census::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let [proxy, one, other] =
            ["10.0.0.1", "192.0.2.1", "192.0.2.2"].map(|text| text.parse::<IpAddr>().unwrap());
        for _ in 0..5 {
            assert_eq!(census.add(proxy), None);
        }
        assert_eq!(census.heaviest(), None);
        census.add(one);
        census.add(other);
        assert_eq!(census.add(other), Some(2));
        assert_eq!(census.heaviest(), Some(Origin::of(other)));
        census.remove(other);
        census.remove(other);
        assert_eq!(census.heaviest(), Some(Origin::of(one)));
    }
}
