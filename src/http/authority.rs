//! Hosts with their ports, as in `Host` and in absolute targets (RFC 3986 §3.2.2, RFC 9110 §4.2).

use std::net::Ipv6Addr;

/// Whether `text` is `uri-host [ ":" port ]`, without user information. The host may be empty, as `Host` allows.
pub fn is_authority(text: &[u8]) -> bool {
    let end = match text {
        [b'[', ..] => match text.iter().position(|&byte| byte == b']') {
            Some(end) => end + 1,
            None => return false,
        },
        _ => {
            let plain = text.iter().position(|&byte| !REG_NAME[usize::from(byte)]);
            match plain {
                None => return true,
                // Nearly always a port follows.
                Some(end) if text[end] == b':' => return is_port(&text[end..]),
                Some(_) => memchr::memchr(b':', text).unwrap_or(text.len()),
            }
        }
    };
    let (host, port) = text.split_at(end);
    is_host(host) && is_port(port)
}

fn is_host(host: &[u8]) -> bool {
    match host {
        [b'[', literal @ .., b']'] => {
            str::from_utf8(literal).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
        }
        _ => is_reg_name(host),
    }
}

/// `reg-name`: unreserved, sub-delims but for the comma, which would make a list of the field, and percent-encoding.
fn is_reg_name(mut name: &[u8]) -> bool {
    while let [first, rest @ ..] = name {
        name = match first {
            b'%' => match rest {
                [a, b, rest @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => rest,
                _ => return false,
            },
            byte if REG_NAME[usize::from(*byte)] => rest,
            _ => return false,
        };
    }
    true
}

/// The bytes that stand for themselves in a `reg-name`.
const REG_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"-._~!$&'()*+;=";
    let mut place = 0;
    while place < others.len() {
        table[others[place] as usize] = true;
        place += 1;
    }
    table
};

fn is_port(port: &[u8]) -> bool {
    match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_and_addresses() {
        for text in [
            "",
            "a",
            "example.org:8080",
            "a:",
            "127.0.0.1:1",
            "[::1]",
            "[2001:db8::1]:80",
            "a%20b",
            "_x!$",
        ] {
            assert!(is_authority(text.as_bytes()), "{text}");
        }
        for text in [
            "a b", "a/", "u@a", "a:x", "a,b", "[::1", "[x]", "::1", "[::1]x", "a%zz", "a%2", "é",
        ] {
            assert!(!is_authority(text.as_bytes()), "{text}");
        }
    }
}
