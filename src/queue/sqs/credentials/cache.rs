//! Keys that are at hand, and new ones before they are old.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::super::failure::Failure;
use super::chain::Chain;
use super::keys::Credentials;
use super::variables::Variables;
use crate::clock;
use crate::model::TimestampMs;

/// How long before keys are not good any more new ones are asked for, in milliseconds.
const REFRESH_BEFORE: i64 = 5 * 60 * 1000;

/// How often new keys are asked for while those at hand are still good, in milliseconds: there may be none yet.
const RETRY_AFTER: i64 = 30 * 1000;

/// Keys, found when they are needed.
pub(in super::super) struct CredentialCache {
    chain: Chain,
    at_hand: Mutex<Option<AtHand>>,
}

struct AtHand {
    credentials: Credentials,
    /// When they, or newer ones, were last asked for, in milliseconds since 1970.
    asked_at: i64,
}

impl AtHand {
    fn is_good(&self, now: i64) -> bool {
        self.credentials
            .expires
            .is_none_or(|expires| now < expires.0)
    }

    fn is_to_be_renewed(&self, now: i64) -> bool {
        let is_old = |expires: TimestampMs| expires.0.saturating_sub(now) < REFRESH_BEFORE;
        self.credentials.expires.is_some_and(is_old)
            && (!self.is_good(now) || now - self.asked_at >= RETRY_AFTER)
    }
}

impl CredentialCache {
    /// Of what this process is told by its environment. An emulator on this machine, which is local, needs none.
    pub(in super::super) fn of_environment(is_local: bool) -> CredentialCache {
        CredentialCache::new(Variables::of_process(), is_local)
    }

    pub(super) fn new(variables: Variables, is_local: bool) -> CredentialCache {
        CredentialCache {
            chain: Chain::new(variables, is_local),
            at_hand: Mutex::new(None),
        }
    }

    /// Keys that are good. While one asks for new ones, the others wait for it.
    ///
    /// # Errors
    /// When there are none.
    pub(in super::super) fn get(&self, deadline: Instant) -> Result<Credentials, Failure> {
        let mut at_hand = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::now().0;
        if let Some(keys) = &*at_hand
            && !keys.is_to_be_renewed(now)
        {
            return Ok(keys.credentials.clone());
        }
        match (self.chain.find(deadline), at_hand.as_mut()) {
            (Ok(credentials), _) => {
                *at_hand = Some(AtHand {
                    credentials: credentials.clone(),
                    asked_at: now,
                });
                Ok(credentials)
            }
            (Err(failure), Some(keys)) if keys.is_good(now) => {
                tracing::warn!("{failure}; the keys at hand are good for a few minutes more");
                keys.asked_at = now;
                Ok(keys.credentials.clone())
            }
            (Err(failure), _) => Err(failure),
        }
    }

    /// Forgets keys that were refused, unless others are at hand by now.
    pub(in super::super) fn forget(&self, refused: &Credentials) {
        let mut at_hand = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if at_hand
            .as_ref()
            .is_some_and(|keys| keys.credentials == *refused)
        {
            *at_hand = None;
        }
    }
}

#[cfg(test)]
#[path = "../../../../tests/queue/sqs/credentials.rs"]
mod tests;
