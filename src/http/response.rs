//! A response being made, and its one write.
//!
//! Head and body go out together: two writes would cost a second system call, and with an unlucky client a delayed
//! acknowledgement of 40 ms.

use std::sync::Arc;

use serde::Serialize;

use super::date;
use crate::model::TimestampMs;
use crate::store::CachedPost;
use crate::store::cache::{JSON_BETWEEN, JSON_END};

/// A buffer larger than this is given back after its response: what a thread keeps is paid for by every idle
/// connection.
const KEEP_BUFFER: usize = 32 << 10;

/// Filled by a handler, reused by its thread.
#[derive(Default)]
pub(super) struct Response {
    status: u16,
    headers: Vec<u8>,
    body: Body,
    /// The body, where it is [`Body::Own`].
    own: Vec<u8>,
    close: bool,
}

#[derive(Default)]
enum Body {
    /// None at all, as for 204 and 304.
    #[default]
    None,
    /// What was written to `own`.
    Own,
    /// A post from the cache, with the numbers it has for this response.
    Post(Arc<CachedPost>, i64, i64),
}

impl Response {
    /// Begins anew.
    pub(super) fn start(&mut self, status: u16) {
        self.status = status;
        self.headers.clear();
        self.own.clear();
        self.body = Body::None;
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// Adds a header. Control characters in the value, which could end the line, are left out.
    pub(super) fn header(&mut self, name: &str, value: &str) {
        self.headers.extend_from_slice(name.as_bytes());
        self.headers.extend_from_slice(b": ");
        if value.bytes().any(|byte| byte.is_ascii_control()) {
            self.headers
                .extend(value.bytes().filter(|byte| !byte.is_ascii_control()));
        } else {
            // Nearly always; byte by byte costs more.
            self.headers.extend_from_slice(value.as_bytes());
        }
        self.headers.extend_from_slice(b"\r\n");
    }

    /// The connection ends with this response.
    pub(super) fn close(&mut self) {
        self.close = true;
    }

    pub(super) fn closes(&self) -> bool {
        self.close
    }

    /// Takes back [`Response::close`], for the next request.
    pub(super) fn reset(&mut self) {
        self.start(0);
        self.close = false;
        self.own.shrink_to(KEEP_BUFFER);
    }

    /// A JSON body.
    pub(super) fn json(&mut self, value: &impl Serialize) {
        self.json_as("application/json", value);
    }

    pub(super) fn json_as(&mut self, content_type: &str, value: &impl Serialize) {
        self.header("Content-Type", content_type);
        self.body = Body::Own;
        serde_json::to_writer(&mut self.own, value)
            .expect("the body goes to memory and has string keys");
    }

    /// A text body.
    pub(super) fn text(&mut self, content_type: &str, text: &str) {
        self.bytes(content_type, text.as_bytes());
    }

    /// A body of any kind.
    pub(super) fn bytes(&mut self, content_type: &str, bytes: &[u8]) {
        self.header("Content-Type", content_type);
        self.body = Body::Own;
        self.own.extend_from_slice(bytes);
    }

    /// A post from the cache.
    pub(super) fn post(&mut self, post: Arc<CachedPost>, views: i64, viewers: i64) {
        self.headers
            .extend_from_slice(b"Content-Type: application/json\r\n");
        self.body = Body::Post(post, views, viewers);
    }

    /// Renders everything into `out`; without the body for `head_only`.
    pub(super) fn render(
        &self,
        out: &mut Vec<u8>,
        now: TimestampMs,
        cors_origin: &str,
        head_only: bool,
    ) {
        out.clear();
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(itoa::Buffer::new().format(self.status).as_bytes());
        out.push(b' ');
        out.extend_from_slice(reason_phrase(self.status).as_bytes());
        out.extend_from_slice(b"\r\nDate: ");
        date::write(now, out);
        out.extend_from_slice(b"\r\nAccess-Control-Allow-Origin: ");
        out.extend_from_slice(cors_origin.as_bytes());
        out.extend_from_slice(
            b"\r\nAccess-Control-Expose-Headers: View-Outcome, ETag, Link, Location\r\n\
              X-Content-Type-Options: nosniff\r\n",
        );
        if cors_origin != "*" {
            out.extend_from_slice(b"Vary: Origin\r\n");
        }
        out.extend_from_slice(&self.headers);
        if self.close {
            out.extend_from_slice(b"Connection: close\r\n");
        }
        let (mut views_text, mut viewers_text) = (itoa::Buffer::new(), itoa::Buffer::new());
        let parts: [&[u8]; 5] = match &self.body {
            Body::None => [b""; 5],
            Body::Own => [&self.own, b"", b"", b"", b""],
            Body::Post(post, views, viewers) => [
                post.json_before_views(),
                views_text.format(*views).as_bytes(),
                JSON_BETWEEN,
                viewers_text.format(*viewers).as_bytes(),
                JSON_END,
            ],
        };
        // RFC 9110 §8.6: no Content-Length in 204; in 304 it would be the length of the 200, which is left out.
        if !matches!(self.status, 204 | 304) {
            let length: usize = parts.iter().map(|part| part.len()).sum();
            out.extend_from_slice(b"Content-Length: ");
            out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        if !head_only {
            parts
                .into_iter()
                .for_each(|part| out.extend_from_slice(part));
        }
    }
}

/// Gives a large output buffer back.
pub(super) fn shrink(out: &mut Vec<u8>) {
    if out.capacity() > KEEP_BUFFER {
        *out = Vec::new();
    }
}

fn reason_phrase(status: u16) -> &'static str {
    tiny_http::StatusCode(status).default_reason_phrase()
}
