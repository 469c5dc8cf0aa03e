//! Parsers of flags' values.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use crate::model::{CompatSystem, CompatSystems, Period, Site};

/// The longest time that a flag takes: added to any clock's, it is still a time. 10,000 years.
const LONGEST: Duration = Duration::from_secs(10_000 * 31_557_600);

/// A length of time such as `100ms` or `7d`; `0` needs no unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 100ms, 30s or 5m"))?;
    if duration > LONGEST {
        return Err("it is longer than 10000 years; write it like 100ms, 30s or 90d".to_owned());
    }
    Ok(duration)
}

/// An address and a port; `localhost` is 127.0.0.1, and so is what a port alone is of.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(port) = port.parse::<u16>().ok().filter(|_| is_number) {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse().map_err(|_| {
        "it is an address and a port such as 127.0.0.1:8080, or a port alone, which is of 127.0.0.1; \
         0.0.0.0:8080 is reachable from other machines"
            .to_owned()
    })
}

/// `on` or `off`.
pub(super) fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it is on or off".to_owned()),
    }
}

/// A network, or an address as a network of one.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "it is an address or a network such as 10.0.0.0/8".to_owned())
}

/// Other counters.
pub(super) fn compat(text: &str) -> Result<CompatSystems, String> {
    CompatSystems::parse(text).ok_or_else(|| {
        let names: Vec<&str> = CompatSystem::ALL
            .iter()
            .map(|system| system.name())
            .collect();
        format!(
            "it is all, or some of {}, with commas between them",
            names.join(", ")
        )
    })
}

/// A site.
pub(super) fn site(text: &str) -> Result<Site, String> {
    Site::parse(text.trim()).ok_or_else(|| {
        "it is the address of a site such as https://example.org, as browsers write it (xn--… where letters are not Latin)"
            .to_owned()
    })
}

/// The name of a period.
pub(super) fn period(text: &str) -> Result<Period, String> {
    Period::from_name(text).ok_or_else(|| "it is one of 24h, 7d, 30d, 1y, all".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_a_port_alone() {
        for (text, address) in [
            ("9000", "127.0.0.1:9000"),
            ("0", "127.0.0.1:0"),
            ("localhost:9000", "127.0.0.1:9000"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(listen_address(text).unwrap().to_string(), address);
        }
        for text in [
            "",
            ":9000",
            "127.0.0.1",
            "65536",
            "-1",
            "+80",
            "example.org:80",
            "nonsense",
        ] {
            let why = listen_address(text).unwrap_err();
            assert!(why.contains("127.0.0.1:8080"), "{text}: {why}");
        }
    }

    #[test]
    fn a_time_that_no_clock_can_be_asked_for_is_refused() {
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("10000y"), Ok(LONGEST));
        for text in ["10001y", "300000000000y", "18446744073709551615s", "-1s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
