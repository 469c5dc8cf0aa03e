//! The address under which a reader sees this site.

use std::borrow::Cow;

use super::text::escape;
use crate::endpoint::{Exchange, client};

/// The scheme and host of a request, escaped for HTML.
pub struct Origin {
    text: String,
    /// Where the host begins in it.
    host: usize,
}

impl Origin {
    /// What the request says: its `Host`, and the scheme that a trusted proxy names in `X-Forwarded-Proto`. Without a
    /// host, which HTTP/1.0 permits, addresses are relative.
    pub fn of(exchange: &Exchange<'_>) -> Origin {
        let host = exchange.header("Host").unwrap_or_default();
        if host.is_empty() {
            return Origin {
                text: String::new(),
                host: 0,
            };
        }
        let scheme = scheme(exchange);
        let host: Cow<'_, str> = escape(host);
        Origin {
            text: format!("{scheme}{host}"),
            host: scheme.len(),
        }
    }

    /// `https://example.com`, or nothing.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `example.com`, or nothing.
    pub fn host(&self) -> &str {
        &self.text[self.host..]
    }
}

/// The scheme and host of a request, not escaped; empty without a host.
pub fn plain(exchange: &Exchange<'_>) -> String {
    match exchange.header("Host") {
        None | Some("") => String::new(),
        Some(host) => format!("{}{host}", scheme(exchange)),
    }
}

fn scheme(exchange: &Exchange<'_>) -> &'static str {
    if client::is_https(exchange.state, exchange.request) {
        "https://"
    } else {
        "http://"
    }
}
