//! A response under construction, and its one buffer.
//!
//! Head and body go out together: two writes would cost a second system call and, with an unlucky client, a delayed
//! acknowledgement of 40 ms.

use std::sync::Arc;

use memchr::memmem;
use serde::Serialize;

use super::coding;
use super::date;
use super::etag::ETag;

/// A larger buffer is freed after its response: what a worker keeps should stay small.
const KEEP_BUFFER: usize = 32 << 10;

/// A part of a body that is shared, such as a cached post.
pub type SharedBody = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Shared bytes from this length on are sent as they are; copying fewer is cheaper than a call that gathers them.
const SEND_SHARED: usize = 16 << 10;

/// From this length on a body is compressed: below, a packet is sent either way.
const MIN_COMPRESSED: usize = 1400;

/// Shared bytes that belong into a rendered response.
pub struct Insert {
    /// Where, in the rendered bytes.
    pub at: usize,
    /// What.
    pub body: SharedBody,
}

/// Filled by a handler, reused by its worker.
#[derive(Default)]
pub struct Response {
    status: u16,
    headers: Vec<u8>,
    has_body: bool,
    /// The body but for what is shared.
    own: Vec<u8>,
    /// A part of the body that is shared, and how much of `own` comes before it.
    shared: Option<(usize, SharedBody)>,
    close: bool,
}

impl Response {
    /// Starts over with a status.
    pub fn start(&mut self, status: u16) {
        self.status = status;
        self.headers.clear();
        self.own.clear();
        self.shared = None;
        self.has_body = false;
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Adds a header field. Control characters in the value, which could end the line, are left out.
    pub fn header(&mut self, name: &str, value: &str) {
        self.headers.extend_from_slice(name.as_bytes());
        self.headers.extend_from_slice(b": ");
        let control = |byte: u8| byte < b' ' || byte == 0x7f;
        // All of it is looked at, which the processor does by vectors, and not up to the first one.
        if value.bytes().fold(false, |any, byte| any | control(byte)) {
            self.headers
                .extend(value.bytes().filter(|&byte| !control(byte)));
        } else {
            self.headers.extend_from_slice(value.as_bytes());
        }
        self.headers.extend_from_slice(b"\r\n");
    }

    /// Adds whole header lines, each with its line end, that are known to be right.
    pub fn lines(&mut self, lines: &'static str) {
        self.headers.extend_from_slice(lines.as_bytes());
    }

    /// Adds the entity tag.
    pub fn etag(&mut self, tag: &ETag) {
        self.headers.extend_from_slice(b"ETag: ");
        self.headers.extend_from_slice(tag.as_bytes());
        self.headers.extend_from_slice(b"\r\n");
    }

    /// Closes the connection after this response.
    pub fn close(&mut self) {
        self.close = true;
    }

    /// Whether the connection closes after this response.
    pub fn closes(&self) -> bool {
        self.close
    }

    /// Empties everything, for the next request.
    pub fn reset(&mut self) {
        self.start(0);
        self.close = false;
        self.own.shrink_to(KEEP_BUFFER);
    }

    /// A JSON body.
    pub fn json(&mut self, value: &impl Serialize) {
        self.json_as("application/json", value);
    }

    /// A JSON body under another media type.
    pub fn json_as(&mut self, content_type: &str, value: &impl Serialize) {
        self.header("Content-Type", content_type);
        self.has_body = true;
        serde_json::to_writer(&mut self.own, value)
            .expect("the body goes to memory and has string keys");
        // So that a terminal's prompt begins on a line of its own.
        self.own.push(b'\n');
    }

    /// A text body.
    pub fn text(&mut self, content_type: &str, text: &str) {
        self.bytes(content_type, text.as_bytes());
    }

    /// A body of any kind.
    pub fn bytes(&mut self, content_type: &str, bytes: &[u8]) {
        self.header("Content-Type", content_type);
        self.has_body = true;
        self.own.extend_from_slice(bytes);
    }

    /// A JSON body that begins with shared bytes; [`Response::append`] adds the rest.
    pub fn shared_json(&mut self, beginning: SharedBody) {
        self.lines("Content-Type: application/json\r\n");
        self.has_body = true;
        self.shared = Some((0, beginning));
    }

    /// Starts a body that [`Response::append`] fills.
    pub fn start_body(&mut self, content_type: &'static str) {
        self.header("Content-Type", content_type);
        self.has_body = true;
    }

    /// Adds shared bytes to the body, once.
    pub fn append_shared(&mut self, bytes: SharedBody) {
        self.shared = Some((self.own.len(), bytes));
    }

    /// Adds to the body.
    pub fn append(&mut self, bytes: &[u8]) {
        self.own.extend_from_slice(bytes);
    }

    /// Compresses the body for a client that takes gzip, where that pays: a body made for this answer alone, of text, not
    /// short ([`Response::may_be_encoded`]), and not secret, for its length would tell of what it repeats (BREACH). What is shared by many is left: it
    /// would be compressed anew each time.
    pub fn encode(&mut self, takes_gzip: bool) {
        if !self.may_be_encoded()
            || !self.has_line(b"Content-Type: ", is_text)
            || self.has_line(b"Cache-Control: ", is_secret)
        {
            return;
        }
        self.lines("Vary: Accept-Encoding\r\n");
        if !takes_gzip {
            return;
        }
        if let Some(compressed) = coding::gzip(&self.own) {
            self.own = compressed;
            self.lines("Content-Encoding: gzip\r\n");
            // Other bytes than without the coding (RFC 9110 §8.8.3.3), of the same meaning.
            if let Some(at) = memmem::find(&self.headers, b"ETag: \"") {
                let quote = at + b"ETag: ".len();
                self.headers.splice(quote..quote, *b"W/");
            }
        }
    }

    /// Whether the body is long enough to be compressed, and not shared.
    pub fn may_be_encoded(&self) -> bool {
        self.own.len() >= MIN_COMPRESSED && self.shared.is_none()
    }

    /// Whether there is a header line that begins so, and whose value is as wanted.
    fn has_line(&self, beginning: &[u8], is_wanted: fn(&[u8]) -> bool) -> bool {
        let lines = self.headers.split(|&byte| byte == b'\n');
        lines
            .filter_map(|line| line.strip_prefix(beginning))
            .any(is_wanted)
    }

    /// Renders everything into `out`, which is emptied first, but for a long shared body, which is returned with its
    /// place.
    ///
    /// `now` is the time in seconds since 1970; `common` holds header lines that every response carries; `head_only`
    /// leaves the body out, as for `HEAD`.
    pub fn render(
        &self,
        out: &mut Vec<u8>,
        now: u64,
        common: &[u8],
        head_only: bool,
    ) -> Option<Insert> {
        out.clear();
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(itoa::Buffer::new().format(self.status).as_bytes());
        out.push(b' ');
        out.extend_from_slice(reason_phrase(self.status).as_bytes());
        out.extend_from_slice(b"\r\nDate: ");
        date::write(now, out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(common);
        out.extend_from_slice(&self.headers);
        if self.close {
            out.extend_from_slice(b"Connection: close\r\n");
        }
        let (before, shared): (usize, &[u8]) = match &self.shared {
            Some((before, shared)) => (*before, (**shared).as_ref()),
            None => (0, b""),
        };
        // RFC 9110 §8.6: no Content-Length in 204; in 304 it would be the length of the 200, which is left out.
        if !matches!(self.status, 204 | 304) {
            let length = shared.len() + self.own.len();
            out.extend_from_slice(b"Content-Length: ");
            out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        if !self.has_body || head_only {
            return None;
        }
        let (before, after) = self.own.split_at(before);
        out.extend_from_slice(before);
        let at = out.len();
        let insert = self
            .shared
            .as_ref()
            .filter(|_| shared.len() >= SEND_SHARED)
            .map(|(_, body)| Insert {
                at,
                body: Arc::clone(body),
            });
        if insert.is_none() {
            out.extend_from_slice(shared);
        }
        out.extend_from_slice(after);
        insert
    }
}

fn is_text(content_type: &[u8]) -> bool {
    content_type.starts_with(b"text/")
        || [&b"json"[..], b"xml", b"openmetrics-text"]
            .iter()
            .any(|kind| memmem::find(content_type, kind).is_some())
}

fn is_secret(caching: &[u8]) -> bool {
    memmem::find(caching, b"no-store").is_some()
}

/// The reason phrases of the statuses this server sends (RFC 9110 §15, RFC 6585 §5).
fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        303 => "See Other",
        304 => "Not Modified",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        // RFC 9112 §4: the phrase may be empty; clients go by the number.
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(response: &Response, head_only: bool) -> String {
        let mut out = Vec::new();
        let insert = response.render(&mut out, 0, b"X-Common: a\r\n", head_only);
        if let Some(Insert { at, body }) = insert {
            let rest = out.split_off(at);
            out.extend_from_slice((*body).as_ref());
            out.extend(rest);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn head_and_body_are_one_buffer() {
        let mut response = Response::default();
        response.start(200);
        response.header("X-A", "a\r\nb");
        response.shared_json(Arc::new(b"{\"views\":".to_vec()));
        response.append(b"1}");
        let text = rendered(&response, false);
        assert!(text.starts_with(
            "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Common: a\r\nX-A: ab\r\n"
        ));
        assert!(text.ends_with("Content-Length: 11\r\n\r\n{\"views\":1}"));
        assert!(rendered(&response, true).ends_with("Content-Length: 11\r\n\r\n"));
    }

    #[test]
    fn a_long_shared_body_is_not_copied() {
        let mut response = Response::default();
        response.start(200);
        let body = Arc::new(vec![b'a'; SEND_SHARED]);
        response.shared_json(Arc::clone(&body) as SharedBody);
        response.append(b"b");
        assert!(rendered(&response, false).ends_with("ab"));
        assert!(rendered(&response, false).contains("Content-Length: 16385\r\n"));
        let mut out = Vec::new();
        response.render(&mut out, 0, b"", false);
        assert!(out.len() < SEND_SHARED);
    }

    #[test]
    fn shared_bytes_stand_where_they_were_added() {
        for length in [1, SEND_SHARED] {
            let mut response = Response::default();
            response.start(200);
            response.start_body("text/html");
            response.append(b"<before>");
            response.append_shared(Arc::new(vec![b'a'; length]));
            response.append(b"<after>");
            let text = rendered(&response, false);
            let body = text.split_once("\r\n\r\n").unwrap().1;
            assert_eq!(body, format!("<before>{}<after>", "a".repeat(length)));
            assert!(text.contains(&format!("Content-Length: {}\r\n", length + 15)));
        }
    }

    #[test]
    fn not_modified_has_neither_length_nor_body() {
        let mut response = Response::default();
        response.start(304);
        response.close();
        assert!(rendered(&response, false).ends_with("Connection: close\r\n\r\n"));
    }
}
