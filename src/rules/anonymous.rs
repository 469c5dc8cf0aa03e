//! Identifies readers without a name for one day, those the server meets and those in access logs, by the same hash.
//!
//! An anonymous viewer is a keyed hash of client address and user agent. The key (salt) is random and new each UTC day.
//! Once a day's salt is deleted, the database no longer tells which address a number stood for, or whether two days'
//! numbers are the same reader. Addresses and user agents themselves are never stored.
//!
//! Access logs come in parts, again, and days later, so the salts of their days derive from one key that the store keeps.
//! Whoever has the log has the addresses anyway.

use std::hash::Hasher;
use std::net::{IpAddr, SocketAddr};

use arc_swap::ArcSwap;
use siphasher::sip::SipHasher24;

use crate::model::{TimestampMs, Viewer};

/// A day's secret key.
pub type Salt = [u8; 16];

/// The salts in use: today's, tomorrow's (so that no request at midnight waits for the store), and for a short time
/// yesterday's. Requests read them, maintenance sets them.
#[derive(Debug)]
pub struct Salts {
    days: ArcSwap<Vec<(TimestampMs, Salt)>>,
    /// Derives the salt of a day for which the store has given none. It is never stored.
    fallback: Salt,
}

impl Salts {
    /// No salt from the store yet.
    ///
    /// # Errors
    /// When the system cannot give random bytes.
    pub fn new() -> std::io::Result<Salts> {
        Ok(Salts {
            days: ArcSwap::default(),
            fallback: random()?,
        })
    }

    /// The salt of the UTC day that `at` lies in.
    pub fn at(&self, at: TimestampMs) -> Salt {
        let day = at.day();
        self.days
            .load()
            .iter()
            .find_map(|(known, salt)| (*known == day).then_some(*salt))
            .unwrap_or_else(|| derive(&self.fallback, day))
    }

    /// Sets the store's salt of a day, and deletes those of days before `oldest`.
    pub fn set(&self, day: TimestampMs, salt: Salt, oldest: TimestampMs) {
        self.days.rcu(|days| {
            let mut days = Vec::clone(days);
            days.retain(|(known, _)| *known != day && *known >= oldest);
            days.push((day, salt));
            days
        });
    }
}

/// A new salt.
///
/// # Errors
/// When the system cannot give random bytes.
pub fn random() -> std::io::Result<Salt> {
    let mut salt = Salt::default();
    getrandom::fill(&mut salt).map_err(std::io::Error::other)?;
    Ok(salt)
}

/// A day's salt that is made from a secret.
fn derive(secret: &Salt, day: TimestampMs) -> Salt {
    let mut hasher = SipHasher24::new_with_key(secret);
    hasher.write_i64(day.0);
    let half = hasher.finish().to_le_bytes();
    hasher.write_u8(1);
    let other = hasher.finish().to_le_bytes();
    let mut salt = [0; 16];
    salt[..8].copy_from_slice(&half);
    salt[8..].copy_from_slice(&other);
    salt
}

/// The salts of readers in access logs: each day's derives from the store's key for logs.
#[derive(Debug)]
pub struct LogSalts {
    key: Salt,
    /// The day asked for last: most lines of a log are of the day of the line before.
    last: (TimestampMs, Salt),
}

impl LogSalts {
    /// The salts that a key gives.
    pub fn new(key: Salt) -> LogSalts {
        let day = TimestampMs(0);
        LogSalts {
            key,
            last: (day, derive(&key, day)),
        }
    }

    /// The salt of the UTC day that `at` lies in.
    pub fn at(&mut self, at: TimestampMs) -> &Salt {
        let day = at.day();
        if self.last.0 != day {
            self.last = (day, derive(&self.key, day));
        }
        &self.last.1
    }
}

/// A client as it is known: servers may log a name in place of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client<'a> {
    /// By its address.
    Address(IpAddr),
    /// By a name, which is no address.
    Name(&'a str),
}

impl<'a> Client<'a> {
    /// Reads an address, whose port does not matter, or a name.
    pub fn parse(text: &'a str) -> Client<'a> {
        let with_port = || text.parse().ok().map(|socket: SocketAddr| socket.ip());
        let address = text.parse().ok().or_else(with_port);
        address.map_or(Client::Name(text), Client::Address)
    }
}

/// The anonymous viewer's number. 63 bits: among a million viewers a day, two get the same number once in ten million
/// days. Negative, as the numbers of anonymous viewers are.
pub fn number(salt: &Salt, client: Client<'_>, agent: &str) -> i64 {
    let mut hasher = SipHasher24::new_with_key(salt);
    match client {
        Client::Address(address) => match address.to_canonical() {
            IpAddr::V4(v4) => hasher.write(&v4.octets()),
            IpAddr::V6(v6) => hasher.write(&v6.octets()),
        },
        Client::Name(name) => {
            // Two bytes that UTF-8 never contains: what lies between them is a name.
            hasher.write_u8(0xff);
            hasher.write(name.as_bytes());
            hasher.write_u8(0xff);
        }
    }
    // A separator, so that no other address and agent give the same bytes.
    hasher.write_u8(b'|');
    hasher.write(agent.as_bytes());
    -1 - (hasher.finish() >> 1).cast_signed()
}

/// The anonymous viewer at `address` with `agent`.
pub fn viewer(salt: &Salt, address: IpAddr, agent: &str) -> Viewer {
    Viewer::Anonymous(number(salt, Client::Address(address), agent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn the_same_reader_is_the_same_for_a_day_and_negative() {
        let salts = Salts::new().unwrap();
        let at = |ms: i64| viewer(&salts.at(TimestampMs(ms)), HERE, "Firefox");
        assert_eq!(at(0), at(DAY - 1));
        assert_ne!(at(0), at(DAY));
        assert!(matches!(at(0), Viewer::Anonymous(n) if n < 0));
        assert_ne!(at(0), viewer(&salts.at(TimestampMs(0)), HERE, "Chrome"));
    }

    #[test]
    fn an_address_is_the_same_in_both_families() {
        let salt = Salt::default();
        let mapped = IpAddr::V6(std::net::Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped());
        assert_eq!(viewer(&salt, HERE, "a"), viewer(&salt, mapped, "a"));
    }

    #[test]
    fn a_stored_salt_takes_the_place_of_the_fallback_and_old_ones_go() {
        let salts = Salts::new().unwrap();
        salts.set(TimestampMs(0), [1; 16], TimestampMs(0));
        assert_eq!(salts.at(TimestampMs(5)), [1; 16]);
        salts.set(TimestampMs(DAY), [2; 16], TimestampMs(DAY));
        assert_ne!(salts.at(TimestampMs(5)), [1; 16]);
        assert_eq!(salts.at(TimestampMs(DAY)), [2; 16]);
    }

    #[test]
    fn a_reader_in_a_log_is_the_same_for_a_day_and_a_key() {
        let of = |key, at, host, agent| {
            let mut salts = LogSalts::new([key; 16]);
            number(salts.at(TimestampMs(at)), Client::parse(host), agent)
        };
        let numbers = [
            of(1, 0, "192.0.2.1", "a"),
            of(1, DAY, "192.0.2.1", "a"),
            of(2, 0, "192.0.2.1", "a"),
            of(1, 0, "192.0.2.1", "b"),
            of(1, 0, "host", "a"),
            of(1, 0, "hos", "ta"),
            of(1, 0, "host", ""),
        ];
        for (i, number) in numbers.iter().enumerate() {
            assert!(*number < 0);
            assert!(!numbers[..i].contains(number));
        }
        assert_eq!(of(1, DAY - 1, "192.0.2.1", "a"), numbers[0]);
        assert_eq!(of(1, 0, "::ffff:192.0.2.1", "a"), numbers[0]);
        assert_eq!(of(1, 0, "192.0.2.1:4711", "a"), numbers[0]);
        // Of days in any order each has one salt.
        let mut salts = LogSalts::new([1; 16]);
        let first = *salts.at(TimestampMs(0));
        assert_ne!(*salts.at(TimestampMs(DAY)), first);
        assert_eq!(*salts.at(TimestampMs(5)), first);
    }
}
