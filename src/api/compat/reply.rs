//! What the answers to other counters' clients have in common.

use serde::Serialize;

use crate::endpoint::Exchange;

/// Starts an answer that nobody keeps.
pub(super) fn start(exchange: &mut Exchange<'_>, status: u16) {
    exchange.response.start(status);
    exchange.response.header("Cache-Control", "no-store");
}

/// An answer in JSON.
pub(super) fn json(exchange: &mut Exchange<'_>, status: u16, value: &impl Serialize) {
    start(exchange, status);
    exchange.response.json(value);
}

/// An answer that is a script: it calls a function of the page with a value.
pub(super) fn script(exchange: &mut Exchange<'_>, text: &str) {
    start(exchange, 200);
    let kind = "application/javascript; charset=utf-8";
    exchange
        .response
        .header("Cross-Origin-Resource-Policy", "cross-origin");
    exchange.response.text(kind, text);
}

/// Whether a text may be called: `[\w$.]{1,64}`. Anything else would let a link write script into another page.
pub(super) fn is_callback(name: &str) -> bool {
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"_$.".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(may_be)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_is_called() {
        for name in [
            "BusuanziCallback_1099511627776",
            "a.b.$c_1",
            &"a".repeat(64),
        ] {
            assert!(is_callback(name), "{name}");
        }
        for wrong in ["", "a(", "alert(1)//", "a b", "a[0]", "ä", &"a".repeat(65)] {
            assert!(!is_callback(wrong), "{wrong}");
        }
    }
}
