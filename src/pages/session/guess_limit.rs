//! Guesses of the token: many at once and then few a minute, for each address by itself, so that nobody who guesses keeps
//! the owner out.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use quick_cache::unsync::Cache;

/// Wrong guesses that are free.
const BURST: u32 = 10;

/// How long one more takes.
const INTERVAL: Duration = Duration::from_secs(6);

/// Addresses that are remembered. Who has more than these has guesses by their number anyway.
const ADDRESSES: usize = 10_000;

/// Wrong guesses by address, as the generic cell rate algorithm keeps them (ITU-T I.371): the time at which an address
/// has all its guesses again.
pub struct GuessLimit {
    /// Times since this.
    start: Instant,
    replete_at: Mutex<Cache<IpAddr, Duration>>,
}

impl Default for GuessLimit {
    fn default() -> GuessLimit {
        GuessLimit {
            start: Instant::now(),
            replete_at: Mutex::new(Cache::new(ADDRESSES)),
        }
    }
}

impl GuessLimit {
    /// Takes a guess from an address's share; [`GuessLimit::give_back`] returns it to who guessed right.
    ///
    /// # Errors
    /// How long there is none.
    pub fn take(&self, client: IpAddr) -> Result<(), Duration> {
        self.take_at(client, self.start.elapsed())
    }

    /// Returns what [`GuessLimit::take`] took.
    pub fn give_back(&self, client: IpAddr) {
        let client = group(client);
        if let Ok(mut times) = self.replete_at.lock() {
            let earlier = times.get(&client).map(|at| at.saturating_sub(INTERVAL));
            if let Some(at) = earlier {
                times.insert(client, at);
            }
        }
    }

    fn take_at(&self, client: IpAddr, now: Duration) -> Result<(), Duration> {
        let client = group(client);
        // A thread that panicked here has left whole values.
        let mut times = match self.replete_at.lock() {
            Ok(times) => times,
            Err(poisoned) => poisoned.into_inner(),
        };
        let before = times.get(&client).copied().unwrap_or_default().max(now);
        let after = before + INTERVAL;
        match after.checked_sub(now + INTERVAL * BURST) {
            None | Some(Duration::ZERO) => {
                times.insert(client, after);
                Ok(())
            }
            Some(wait) => Err(wait),
        }
    }
}

/// The addresses that one client has: of IPv6 a whole network of 64 bits (RFC 6177).
fn group(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn guesses_are_few_after_the_first_and_each_address_has_its_own() {
        let limit = GuessLimit::default();
        let (bad, good) = (addr("192.0.2.1"), addr("192.0.2.2"));
        let start = Duration::from_secs(100);
        for _ in 0..BURST {
            assert_eq!(limit.take_at(bad, start), Ok(()));
        }
        assert_eq!(limit.take_at(bad, start), Err(INTERVAL));
        assert_eq!(limit.take_at(good, start), Ok(()));
        assert_eq!(limit.take_at(bad, start + INTERVAL), Ok(()));
        assert!(limit.take_at(bad, start + INTERVAL).is_err());
        let later = start + INTERVAL * (BURST + 1);
        for _ in 0..BURST {
            assert_eq!(limit.take_at(bad, later), Ok(()));
        }
        assert!(limit.take_at(bad, later).is_err());
    }

    #[test]
    fn a_right_guess_costs_nothing() {
        let limit = GuessLimit::default();
        for _ in 0..3 * BURST {
            assert_eq!(limit.take(addr("192.0.2.1")), Ok(()));
            limit.give_back(addr("192.0.2.1"));
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        assert_eq!(group(addr("2001:db8::1:2:3:4")), group(addr("2001:db8::5")));
        assert_ne!(group(addr("2001:db8::1")), group(addr("2001:db8:0:1::1")));
        assert_ne!(group(addr("192.0.2.1")), group(addr("192.0.2.2")));
    }
}
