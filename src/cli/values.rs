//! Parsers of flags' values.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use crate::model::Period;

/// A length of time such as `100ms` or `7d`; `0` needs no unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 100ms, 30s or 5m"))
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

/// The name of a period.
pub(super) fn period(text: &str) -> Result<Period, String> {
    Period::from_name(text).ok_or_else(|| "it is one of 24h, 7d, 30d, 1y, all".to_owned())
}
