//! Hosts of previews: nobody but their author reads what is there.

use std::net::IpAddr;

/// Whether a host, with or without a port, is this machine or one in a private network.
pub fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => host.split(':').next().unwrap_or(host),
    };
    if name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local") {
        return true;
    }
    match name.parse() {
        Ok(IpAddr::V4(address)) => {
            address.is_loopback()
                || address.is_private()
                || address.is_unspecified()
                || address.is_link_local()
        }
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unspecified(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_are_local() {
        for host in [
            "localhost:4000",
            "127.0.0.1",
            "[::1]:80",
            "192.168.1.7:1313",
            "my.local",
            "a.localhost",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "example.org",
            "localhost.example.org",
            "172.217.1.1",
            "10.example",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
