//! One request with the response being made for it: what a handler works on.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization;

use super::problem::Problem;
use super::response::Response;
use super::service::Service;
use super::watch::Seat;
use crate::model::ViewEvent;
use crate::store::CachedPost;

/// The methods this server knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Options,
    Other,
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
            Method::Other => "",
        }
    }
}

impl From<&tiny_http::Method> for Method {
    fn from(method: &tiny_http::Method) -> Method {
        match method {
            tiny_http::Method::Get => Method::Get,
            tiny_http::Method::Head => Method::Head,
            tiny_http::Method::Post => Method::Post,
            tiny_http::Method::Put => Method::Put,
            tiny_http::Method::Delete => Method::Delete,
            tiny_http::Method::Options => Method::Options,
            _ => Method::Other,
        }
    }
}

/// A request's target, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    /// Still percent-encoded.
    pub(super) path: &'a str,
    /// Without its question mark; empty if there is none.
    pub(super) query: &'a str,
}

impl<'a> Target<'a> {
    /// Takes origin form (`/a?b`) and absolute form (`http://host/a?b`), RFC 9112 §3.2.
    pub(super) fn parse(text: &'a str) -> Target<'a> {
        // Origin form, nearly always: not even looked through.
        let text = if text.starts_with('/') {
            text
        } else if let Some((_, rest)) = text.split_once("://") {
            rest.find(['/', '?']).map_or("/", |start| &rest[start..])
        } else {
            text
        };
        let text = text.split('#').next().unwrap_or_default();
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        Target { path, query }
    }
}

/// See the module.
pub(super) struct Exchange<'a> {
    pub(super) service: &'a Service,
    pub(super) seat: &'a Seat,
    pub(super) request: &'a mut tiny_http::Request,
    pub(super) method: Method,
    pub(super) target: Target<'a>,
    /// The post the path names, where it is in memory and nothing more is needed.
    pub(super) known: Option<Arc<CachedPost>>,
    pub(super) response: &'a mut Response,
    /// The agent judged last on this connection, and whether it is a crawler.
    pub(super) agents: &'a mut crate::rules::AgentCache,
    /// What goes to the counters once the response is written.
    pub(super) event: Option<ViewEvent>,
    /// Whether all of the body was read.
    pub(super) body_read: bool,
}

impl Exchange<'_> {
    /// The first header of that name, whatever its case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name).map(|value| value.as_str())
    }

    /// All headers of that name, in order. Costs a copy of all headers: the library shows only the first of a name.
    pub(super) fn headers(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        if self.header(name).is_none() {
            return found;
        }
        let mut headers = self.request.headers().clone();
        while let Some(header) = headers.get_header_mut(name) {
            found.push(header.value.as_str().to_owned());
            match tiny_http::HeaderField::try_from("x-seen") {
                Ok(other) => header.field = other,
                Err(_) => break,
            }
        }
        found
    }

    /// The address at the other end of the connection.
    pub(super) fn peer(&self) -> Option<IpAddr> {
        self.request.remote_addr().map(SocketAddr::ip)
    }
}

/// The text of a path segment: percent-decoded once, in normalisation form C as slugs are.
///
/// # Errors
/// 404 for bytes that are not UTF-8: nothing can have such a name.
pub(super) fn decode_segment(segment: &str) -> Result<Cow<'_, str>, Problem> {
    let text = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| Problem::no_such_post())?;
    Ok(if text.is_ascii() {
        text
    } else {
        Cow::Owned(text.nfc().collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_come_apart() {
        let parts = |text| {
            let target = Target::parse(text);
            (target.path, target.query)
        };
        assert_eq!(parts("/a?b=c"), ("/a", "b=c"));
        assert_eq!(parts("/a?b=c?d#e"), ("/a", "b=c?d"));
        assert_eq!(parts("http://host:1/a?b"), ("/a", "b"));
        assert_eq!(parts("http://host"), ("/", ""));
        assert_eq!(parts("/a?u=http://x/y"), ("/a", "u=http://x/y"));
        assert_eq!(parts("*"), ("*", ""));
    }

    #[test]
    fn segments_are_decoded_once_and_composed() {
        assert_eq!(decode_segment("a%2520b").unwrap(), "a%20b");
        assert_eq!(decode_segment("%ED%95%9C").unwrap(), "한");
        assert_eq!(decode_segment("%E1%84%92%E1%85%A1%E1%86%AB").unwrap(), "한");
        assert!(decode_segment("%FF").is_err());
    }
}
