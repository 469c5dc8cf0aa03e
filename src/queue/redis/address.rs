//! A server's host and port.

use std::fmt;

/// Where one server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Address {
    /// A name or an IP address, an IPv6 one without brackets.
    pub host: String,
    pub port: u16,
}

impl Address {
    /// Parses `HOST`, `HOST:PORT` or `[IPV6]:PORT`.
    pub(super) fn parse(text: &str, default_port: u16) -> Result<Address, String> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => rest
                .split_once(']')
                .ok_or_else(|| format!("{text:?} has no closing bracket"))?,
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let is_host = |byte: u8| byte.is_ascii_graphic() && !b"@/?#[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err(format!("{text:?} is no HOST:PORT"));
        }
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => default_port,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
                .parse()
                .map_err(|_| format!("{digits:?} is no port"))?,
            _ => return Err(format!("{port:?} is no port")),
        };
        Ok(Address {
            host: host.to_owned(),
            port,
        })
    }

    /// Parses what servers call each other: the host may be an IPv6 address without brackets. One that is missing is
    /// the host of the server that said it.
    pub(super) fn told(text: &str, by: &Address) -> Option<Address> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Some(Address {
            host: if matches!(host, "" | "?") {
                by.host.clone()
            } else {
                host.to_owned()
            },
            port: port.parse().ok()?,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, String> {
        Address::parse(text, 6379).map(|address| address.to_string())
    }

    #[test]
    fn hosts_have_a_port_or_the_default() {
        assert_eq!(shown("cache"), Ok("cache:6379".to_owned()));
        assert_eq!(shown("10.0.0.1:7000"), Ok("10.0.0.1:7000".to_owned()));
        assert_eq!(shown("[::1]"), Ok("[::1]:6379".to_owned()));
        assert_eq!(shown("[::1]:7000"), Ok("[::1]:7000".to_owned()));
        for wrong in [
            "", ":6379", "a:", "a:b", "a:70000", "[::1", "::1", "a b", "[::1]7",
        ] {
            assert!(
                shown(wrong).is_err_and(|error| !error.is_empty()),
                "{wrong}"
            );
        }
    }

    #[test]
    fn servers_may_leave_their_own_host_out() {
        let by = Address::parse("cache", 6379).expect("an address");
        let told = |text| Address::told(text, &by).map(|address| address.to_string());
        assert_eq!(told("10.0.0.2:6380").as_deref(), Some("10.0.0.2:6380"));
        assert_eq!(told(":6380").as_deref(), Some("cache:6380"));
        assert_eq!(told("?:6380").as_deref(), Some("cache:6380"));
        assert_eq!(told("fe80::1:6380").as_deref(), Some("[fe80::1]:6380"));
        assert_eq!(told("nothing"), None);
    }
}
