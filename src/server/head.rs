//! Request heads: whether what has arrived is one whole head, and what it says (RFC 9112).
//!
//! Stricter than the RFC allows wherever two parsers could understand the same bytes differently: a bare LF is no line
//! end, a repeated `Content-Length` is refused even where both agree, a fragment is no part of a target.

use std::mem::MaybeUninit;

use httparse::{Error, Header, Status};
use memchr::memchr_iter;

use super::fields::KnownFields;
use super::framing::Framing;
use crate::http::{Headers, Method, Problem, Target};

/// The longest head, in bytes, empty lines before it and the one after it included.
pub const MAX_HEAD: usize = 16 << 10;

/// The most header fields.
pub const MAX_FIELDS: usize = 256;

/// Room for parsed fields, on the worker's stack.
pub type FieldBuffer<'a> = [MaybeUninit<Header<'a>>; MAX_FIELDS];

/// An empty [`FieldBuffer`]; costs nothing.
pub fn field_buffer<'a>() -> FieldBuffer<'a> {
    [const { MaybeUninit::uninit() }; MAX_FIELDS]
}

/// A whole, valid head.
#[derive(Debug)]
pub struct Head<'a> {
    /// What is asked for.
    pub method: Method,
    /// What it is asked of.
    pub target: Target<'a>,
    /// All header fields, in order.
    pub headers: Headers<'a>,
    /// Its bytes, empty lines before it and the one after it included.
    pub length: usize,
    /// How the body that follows ends.
    pub framing: Framing,
    /// HTTP/1.0, whose connections end unless they are asked to persist.
    pub is_http_1_0: bool,
    /// Whether the client wants the connection to persist (RFC 9112 §9.3).
    pub keep_alive: bool,
    /// Whether the client waits for 100 before it sends the body. Never for HTTP/1.0 (RFC 9110 §10.1.1).
    pub expects_continue: bool,
}

/// What the bytes at hand are.
#[derive(Debug)]
pub enum HeadStatus<'a> {
    /// A whole head, and the bytes after it.
    Whole(Head<'a>, &'a [u8]),
    /// The beginning of one.
    Partial,
    /// Nothing that can become one.
    Invalid(Problem),
}

/// Where a head ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// After so many bytes.
    At(usize),
    /// Not here.
    Missing,
    /// A line ends with LF alone.
    BareLf,
}

/// Finds the end of a head, line by line. `from`: how many bytes are known to hold none.
fn find_end(bytes: &[u8], from: usize) -> End {
    let blank = empty_lines(bytes);
    let start = from.saturating_sub(3).max(blank);
    for line_end in memchr_iter(b'\n', bytes.get(start..).unwrap_or_default()) {
        match &bytes[..start + line_end] {
            [.., b'\r', b'\n', b'\r'] if start + line_end > blank + 2 => {
                return End::At(start + line_end + 1);
            }
            [.., b'\r'] => {}
            _ => return End::BareLf,
        }
    }
    End::Missing
}

/// Whether a head can be told from these bytes, of which `from` are known to hold no end.
pub(super) fn has_end(bytes: &[u8], from: usize) -> bool {
    find_end(bytes, from) != End::Missing
}

/// Empty lines before the request line are skipped (RFC 9112 §2.2).
fn empty_lines(bytes: &[u8]) -> usize {
    let (lines, _) = bytes.as_chunks::<2>();
    2 * lines.iter().take_while(|line| **line == *b"\r\n").count()
}

/// Parses what has arrived. Changes a minor version that is yet to come to 1.1, as which it is to be understood (RFC 9110
/// §6.2).
pub fn parse<'a>(bytes: &'a mut [u8], fields: &'a mut FieldBuffer<'a>) -> HeadStatus<'a> {
    let end = match find_end(bytes, 0) {
        End::At(end) => Some(end),
        End::Missing => None,
        End::BareLf => {
            return HeadStatus::Invalid(Problem::bad_request("a line of the head ends without CR"));
        }
    };
    let length = end.unwrap_or(bytes.len());
    // Without its end, as many bytes as a head may have are too many already.
    if length > MAX_HEAD || (end.is_none() && length == MAX_HEAD) {
        return HeadStatus::Invalid(too_long(&bytes[..MAX_HEAD]));
    }
    normalise_version(&mut bytes[..length]);
    let (head, rest) = bytes.split_at(length);
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(head, fields) {
        Ok(Status::Complete(_)) if end.is_some() => match check(request, length) {
            Ok(head) => HeadStatus::Whole(head, rest),
            Err(problem) => HeadStatus::Invalid(problem),
        },
        Ok(_) if end.is_none() => HeadStatus::Partial,
        Ok(_) => HeadStatus::Invalid(Problem::bad_request("the head is malformed")),
        Err(error) => HeadStatus::Invalid(syntax_problem(error, head)),
    }
}

/// Says what of a head is too long: its target, if its line does not end (RFC 9112 §3), or its fields.
fn too_long(head: &[u8]) -> Problem {
    let in_target = request_line(head).is_none() && head.contains(&b' ');
    if in_target {
        Problem::target_too_long(MAX_HEAD)
    } else if names_other_version(head) {
        Problem::version_not_supported()
    } else {
        Problem::head_too_long(MAX_HEAD, MAX_FIELDS)
    }
}

/// The request line, if it is whole.
fn request_line(head: &[u8]) -> Option<&[u8]> {
    let line = &head[empty_lines(head)..];
    let end = memchr::memchr(b'\r', line)?;
    Some(&line[..end])
}

/// Also at the end of a line whose CR is yet to come: a head must not be refused for where it was cut.
fn normalise_version(head: &mut [u8]) {
    let end = match request_line(head) {
        Some(line) => empty_lines(head) + line.len(),
        None => head.len(),
    };
    if let [.., b' ', b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor] = &mut head[..end]
        && matches!(*minor, b'2'..=b'9')
    {
        *minor = b'1';
    }
}

fn syntax_problem(error: Error, head: &[u8]) -> Problem {
    match error {
        Error::TooManyHeaders => Problem::head_too_long(MAX_HEAD, MAX_FIELDS),
        Error::Version if names_other_version(head) => Problem::version_not_supported(),
        Error::Version => Problem::bad_request("the HTTP version is malformed"),
        Error::HeaderName => Problem::bad_request("the name of a header field is malformed"),
        Error::HeaderValue => Problem::bad_request("the value of a header field is malformed"),
        _ => Problem::bad_request("the request line or a line end is malformed"),
    }
}

/// Whether the request line is well formed but for a version of another major number.
fn names_other_version(head: &[u8]) -> bool {
    let Some(line) = request_line(head) else {
        return false;
    };
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(_), Some(_), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && *major != b'1' && minor.is_ascii_digit())
}

/// Checks what syntax alone does not tell.
fn check<'a>(request: httparse::Request<'a, 'a>, length: usize) -> Result<Head<'a>, Problem> {
    let method = Method::from_token(request.method.unwrap_or_default());
    let target = Target::parse(request.path.unwrap_or_default(), method).ok_or_else(|| {
        Problem::bad_request("the request target is malformed; percent-encode what is not ASCII")
    })?;
    let is_http_1_0 = request.version == Some(0);
    let fields: &'a [Header<'a>] = request.headers;
    let known = KnownFields::read(fields, is_http_1_0)?;
    Ok(Head {
        method,
        target,
        headers: Headers::new(fields),
        length,
        framing: known.framing()?,
        is_http_1_0,
        keep_alive: !known.close && (!is_http_1_0 || known.keep_alive),
        expects_continue: known.expects_continue && !is_http_1_0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a parsed head comes to, in one word.
    fn parsed(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let mut fields = field_buffer();
        match parse(&mut bytes, &mut fields) {
            HeadStatus::Whole(head, _) => format!(
                "{} {:?}{}",
                head.length,
                head.framing,
                if head.keep_alive { "" } else { " close" }
            ),
            HeadStatus::Partial => "partial".to_owned(),
            HeadStatus::Invalid(problem) => {
                let mut response = crate::http::Response::default();
                problem.write(&mut response);
                response.status().to_string()
            }
        }
    }

    #[test]
    fn a_whole_head_is_told_from_its_beginning() {
        let whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(parsed(whole), "27 Sized(0)");
        assert_eq!(parsed(&format!("\r\n\r\n{whole}GET")), "31 Sized(0)");
        // Also where the beginning ends with a version that is yet to come.
        for whole in [whole, &whole.replace("1.1", "1.7")] {
            for end in 0..whole.len() {
                assert_eq!(parsed(&whole[..end]), "partial", "{:?}", &whole[..end]);
            }
        }
    }

    #[test]
    fn what_can_become_no_head_is_refused_at_once() {
        for text in [
            " GET / HTTP/1.1\r\n",
            "GET / HTTP/1.1\n",
            "GET / HTTP/1.10\r\n",
            "GET / http/1.1\r\n",
            "GET /\r\n",
            "GET / HTTP/1.1\r\na\rb",
            "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n",
            "\x16\x03\x01",
        ] {
            assert_eq!(parsed(text), "400", "{text:?}");
        }
        assert_eq!(parsed("GET / HTTP/2.0\r\n"), "505");
        assert_eq!(parsed(&"a".repeat(MAX_HEAD)), "431");
        let target = format!("GET /{}", "a".repeat(MAX_HEAD));
        assert_eq!(parsed(&target), "414");
    }

    #[test]
    fn exactly_the_longest_head_is_taken() {
        let of = |length: usize| {
            let start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
            format!("{start}{}\r\n\r\n", "b".repeat(length - start.len() - 4))
        };
        assert_eq!(parsed(&of(MAX_HEAD)), "16384 Sized(0)");
        assert_eq!(parsed(&of(MAX_HEAD + 1)), "431");
        let lines = "a:\r\n".repeat(MAX_FIELDS);
        assert_eq!(
            parsed(&format!("GET / HTTP/1.1\r\n{lines}b:\r\n\r\n")),
            "431"
        );
    }

    #[test]
    fn fields_say_how_the_body_ends_and_what_becomes_of_the_connection() {
        let with = |fields: &str| parsed(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        assert!(with("Content-Length: 5\r\n").ends_with("Sized(5)"));
        assert!(with("transfer-encoding: \tChunked \r\n").ends_with("Chunked"));
        assert!(with("Connection: x\r\nConnection: y, Close\r\n").ends_with("close"));
        for bad in [
            "Content-Length: +5\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked, gzip\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: \r\n",
            "Host: b\r\n",
            "\x0bContent-Length: 5\r\n",
        ] {
            assert_eq!(with(bad), "400", "{bad:?}");
        }
        assert_eq!(with("Content-Length: 18446744073709551616\r\n"), "413");
        assert_eq!(with("Transfer-Encoding: gzip, chunked\r\n"), "501");
        assert_eq!(with("Expect: miracles\r\n"), "417");
        assert_eq!(parsed("GET / HTTP/1.1\r\n\r\n"), "400");
        assert_eq!(parsed("GET / HTTP/1.0\r\n\r\n"), "18 Sized(0) close");
        assert!(parsed("GET / HTTP/1.7\r\nHost:\r\n\r\n").ends_with("Sized(0)"));
        for host in ["a b", "a/", "a@b", "a:x", "a,b", "[::1", "é"] {
            let text = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert_eq!(parsed(&text), "400", "{host}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_judged_without_a_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let mut bytes = bytes;
            let mut fields = field_buffer();
            let _ = parse(&mut bytes, &mut fields);
        }
    }
}
