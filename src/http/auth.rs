//! Who may write, and who may see viewers.

use std::net::IpAddr;

use subtle::ConstantTimeEq;

use super::exchange::Exchange;
use super::problem::Problem;

/// The rule: with a token, who carries it; without, clients on this machine that come directly.
pub struct Auth {
    token: Option<String>,
}

/// Headers by which a proxy says that the client is somebody else.
const FORWARDED: [&str; 3] = ["Forwarded", "X-Forwarded-For", "Via"];

impl Auth {
    /// `None`: no token is set.
    pub fn new(token: Option<String>) -> Auth {
        Auth { token }
    }

    pub(super) fn check(&self, exchange: &Exchange<'_>) -> Result<(), Problem> {
        match &self.token {
            Some(token) => check_token(token, exchange.header("Authorization")),
            None => check_loopback(exchange),
        }
    }

    /// Whether a request may say who its viewer is: as for writing, but a wrong token is no error here.
    pub(super) fn allows(&self, exchange: &Exchange<'_>) -> bool {
        self.check(exchange).is_ok()
    }
}

fn check_token(token: &str, authorization: Option<&str>) -> Result<(), Problem> {
    let Some(authorization) = authorization else {
        return Err(Problem::unauthorized(
            "this needs the header Authorization: Bearer TOKEN",
        ));
    };
    let given = match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => {
            return Err(Problem::unauthorized(
                "the Authorization header is not of the Bearer scheme",
            ));
        }
    };
    // In constant time, so that a wrong token does not tell how much of it is right.
    if bool::from(given.as_bytes().ct_eq(token.as_bytes())) {
        Ok(())
    } else {
        Err(Problem::unauthorized("the token is not right"))
    }
}

/// A client on this machine, and nobody speaking through one: not a proxy, not a web page in a local browser that
/// points its own name here or posts across sites.
fn check_loopback(exchange: &Exchange<'_>) -> Result<(), Problem> {
    let direct = FORWARDED.iter().all(|name| exchange.header(name).is_none());
    let local_peer = exchange
        .peer()
        .is_some_and(|peer| peer.to_canonical().is_loopback());
    let host = exchange.header("Host").unwrap_or_default();
    let same_origin = exchange.header("Origin").is_none_or(|origin| {
        origin
            .split_once("://")
            .is_some_and(|(_, from)| from == host)
    });
    if direct && local_peer && is_loopback_host(host) && same_origin {
        return Ok(());
    }
    Err(Problem::forbidden(
        "without a token this is open to direct clients on the server's own machine only; start viewtally with --token",
    ))
}

fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.is_empty()
        || name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_opens() {
        assert!(check_token("secret", Some("Bearer secret")).is_ok());
        assert!(check_token("secret", Some("bearer secret")).is_ok());
        for wrong in [
            None,
            Some("secret"),
            Some("Bearer secre"),
            Some("Bearer secrets"),
            Some("Basic secret"),
        ] {
            assert!(check_token("secret", wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn names_of_this_machine() {
        for local in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:80",
            "[::1]:8080",
            "127.9.9.9",
        ] {
            assert!(is_loopback_host(local), "{local}");
        }
        for other in [
            "example.com",
            "localhost.example.com:80",
            "10.0.0.1",
            "[::2]",
        ] {
            assert!(!is_loopback_host(other), "{other}");
        }
    }
}
