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
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use siphasher::sip::SipHasher24;

use crate::model::{TimestampMs, Viewer};

/// A day's secret key.
pub type Salt = [u8; 16];

/// Days whose salts are kept at most. A server needs three around midnight; a clock that is set about, a few more.
const MAX_DAYS: usize = 8;

/// The salts in use: today's, tomorrow's (so that no request at midnight waits for the store), and for a short time
/// yesterday's. Requests read them, maintenance sets them. Each is random: once it is forgotten, nothing gives it again.
#[derive(Debug, Default)]
pub struct Salts {
    days: ArcSwap<Vec<(TimestampMs, Salt)>>,
    /// Held while they change, so that a day gets one salt.
    changing: Mutex<()>,
}

impl Salts {
    /// The salt of the UTC day that `at` lies in: the store's if it was [set](Salts::set), or else a new one, which is
    /// to be proposed to the store. `None` if the system gives no random bytes.
    pub fn at(&self, at: TimestampMs) -> Option<Salt> {
        let day = at.day();
        let known = |days: &[(TimestampMs, Salt)]| {
            let found = days.iter().find(|(known, _)| *known == day);
            found.map(|(_, salt)| *salt)
        };
        known(&self.days.load()).or_else(|| {
            self.change(|days| {
                let salt = known(days).or_else(|| random().ok())?;
                insert(days, day, salt);
                Some(salt)
            })
        })
    }

    /// Sets the store's salt of a day.
    pub fn set(&self, day: TimestampMs, salt: Salt) {
        self.change(|days| insert(days, day, salt));
    }

    /// Forgets the salts of days before `oldest`.
    pub fn forget_before(&self, oldest: TimestampMs) {
        self.change(|days| days.retain(|(day, _)| *day >= oldest));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<(TimestampMs, Salt)>) -> T) -> T {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut days = Vec::clone(&self.days.load());
        let result = change(&mut days);
        self.days.store(Arc::new(days));
        result
    }
}

/// Puts a salt in the place of another of its day, or of the one that was put there first if there are many.
fn insert(days: &mut Vec<(TimestampMs, Salt)>, day: TimestampMs, salt: Salt) {
    days.retain(|(known, _)| *known != day);
    if days.len() == MAX_DAYS {
        days.remove(0);
    }
    days.push((day, salt));
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
        let salts = Salts::default();
        let salt = |ms: i64| salts.at(TimestampMs(ms)).unwrap();
        let at = |ms: i64| viewer(&salt(ms), HERE, "Firefox");
        assert_eq!(at(0), at(DAY - 1));
        assert_ne!(at(0), at(DAY));
        assert!(matches!(at(0), Viewer::Anonymous(n) if n < 0));
        assert_ne!(at(0), viewer(&salt(0), HERE, "Chrome"));
    }

    #[test]
    fn an_address_is_the_same_in_both_families() {
        let salt = Salt::default();
        let mapped = IpAddr::V6(std::net::Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped());
        assert_eq!(viewer(&salt, HERE, "a"), viewer(&salt, mapped, "a"));
    }

    #[test]
    fn a_forgotten_salt_is_not_made_again() {
        let salts = Salts::default();
        let at = |ms: i64| salts.at(TimestampMs(ms)).unwrap();
        let first = at(5);
        assert_eq!(at(DAY - 1), first);
        salts.set(TimestampMs(0), [1; 16]);
        assert_eq!(at(5), [1; 16], "the store had another one");
        salts.set(TimestampMs(DAY), [2; 16]);
        salts.forget_before(TimestampMs(DAY));
        assert_eq!(at(DAY), [2; 16]);
        // As where the clock is set back.
        assert!(![first, [1; 16]].contains(&at(5)));
    }

    #[test]
    fn a_day_gets_one_salt_and_there_are_not_many() {
        let salts = Salts::default();
        let all: Vec<Salt> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| salts.at(TimestampMs(7)).unwrap()))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(all.iter().all(|salt| *salt == all[0]));
        for day in 1..100 {
            salts.at(TimestampMs(day * DAY));
        }
        assert_eq!(salts.days.load().len(), MAX_DAYS);
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
