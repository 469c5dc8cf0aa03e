//! Request heads: one is accepted exactly if a strict reading of RFC 9112 accepts it, and says the same of method, target,
//! body and connection; a beginning of an accepted head is never refused.
//!
//! Input: two bytes that say where to cut and how long a field to add; the rest is the head.

#![no_main]

use libfuzzer_sys::fuzz_target;
use viewtally::internals::request::{
    Framing, Head, HeadStatus, MAX_FIELDS, MAX_HEAD, Method, Target, field_buffer, is_authority,
    parse,
};

fuzz_target!(|data: &[u8]| {
    let [cut, padding, head @ ..] = data else {
        return;
    };
    let bytes = padded(head, *padding);
    let strict = strictly(&bytes);
    let mut seen = bytes.clone();
    let mut fields = field_buffer();
    match (parse(&mut seen, &mut fields), &strict) {
        (HeadStatus::Whole(head, rest), Some(strict)) => {
            assert_eq!(Said::by(&head), *strict);
            assert_eq!(rest, &bytes[strict.length..]);
            check_beginning(&bytes[..strict.length], *cut);
        }
        (HeadStatus::Whole(head, _), None) => panic!("laxer than the RFC: {head:?}"),
        (HeadStatus::Invalid(problem), Some(strict)) => panic!("{problem:?} for {strict:?}"),
        (HeadStatus::Partial, Some(strict)) => panic!("more is awaited of {strict:?}"),
        (HeadStatus::Partial, None) => assert!(!has_end(&bytes) && bytes.len() < MAX_HEAD),
        (HeadStatus::Invalid(_), None) => {}
    }
});

/// Adds a long field, or many, behind the request line, for inputs near the limits that are short themselves.
fn padded(head: &[u8], padding: u8) -> Vec<u8> {
    let line = head.windows(2).position(|two| two == b"\r\n");
    let (Some(end), 201..) = (line, padding) else {
        return head.to_vec();
    };
    let more = match padding {
        ..228 => format!(
            "P: {}\r\n",
            "x".repeat(MAX_HEAD - 30 - 3 * usize::from(padding - 200))
        ),
        _ => "p:\r\n".repeat(MAX_FIELDS - usize::from(255 - padding)),
    };
    [&head[..end + 2], more.as_bytes(), &head[end + 2..]].concat()
}

fn check_beginning(head: &[u8], cut: u8) {
    let end = usize::from(cut) * head.len() / 256;
    let mut fields = field_buffer();
    let mut beginning = head[..end].to_vec();
    let status = parse(&mut beginning, &mut fields);
    assert!(
        matches!(status, HeadStatus::Partial),
        "{status:?} after {end} of {} bytes",
        head.len()
    );
}

fn has_end(bytes: &[u8]) -> bool {
    let head = &bytes[empty_lines(bytes)..];
    head.windows(4).any(|four| four == b"\r\n\r\n")
}

/// How many bytes of empty lines come first.
fn empty_lines(bytes: &[u8]) -> usize {
    let lines = bytes.chunks(2).take_while(|two| *two == b"\r\n");
    2 * lines.count()
}

/// What a head says.
#[derive(Debug, PartialEq)]
struct Said {
    method: Method,
    path: String,
    query: String,
    length: usize,
    framing: Framing,
    is_http_1_0: bool,
    keep_alive: bool,
    expects_continue: bool,
    /// The first `Host`.
    host: Option<Vec<u8>>,
}

impl Said {
    fn by(head: &Head<'_>) -> Said {
        Said {
            method: head.method,
            path: head.target.path.to_owned(),
            query: head.target.query.to_owned(),
            length: head.length,
            framing: head.framing,
            is_http_1_0: head.is_http_1_0,
            keep_alive: head.keep_alive,
            expects_continue: head.expects_continue,
            host: head
                .headers
                .get("host")
                .map(|host| host.trim().as_bytes().to_vec()),
        }
    }
}

/// A whole head as RFC 9112 has it, read without regard to speed.
fn strictly(bytes: &[u8]) -> Option<Said> {
    let start = empty_lines(bytes);
    let end = bytes[start..]
        .windows(4)
        .position(|four| four == b"\r\n\r\n")?
        + start;
    let length = end + 4;
    let text: Vec<&[u8]> = lines(&bytes[start..end])?;
    let (request_line, fields) = text.split_first()?;
    let words: Vec<&[u8]> = request_line.split(|byte| *byte == b' ').collect();
    let [method, target, version] = words[..] else {
        return None;
    };
    let (b"HTTP/1.", [minor]) = version.split_at_checked(7)? else {
        return None;
    };
    let is_valid = is_token(method)
        && minor.is_ascii_digit()
        && length <= MAX_HEAD
        && fields.len() <= MAX_FIELDS;
    if !is_valid {
        return None;
    }
    let is_http_1_0 = *minor == b'0';
    let method = Method::from_token(str::from_utf8(method).ok()?);
    let target = Target::parse(str::from_utf8(target).ok()?, method)?;
    let fields: Vec<(Vec<u8>, &[u8])> = fields
        .iter()
        .map(|line| field(line))
        .collect::<Option<_>>()?;
    let all = |name: &str| -> Vec<&[u8]> {
        fields
            .iter()
            .filter(|(known, _)| known == name.as_bytes())
            .map(|(_, value)| *value)
            .collect()
    };
    let host = match all("host")[..] {
        [host] if is_authority(host) => Some(host.to_vec()),
        [] if is_http_1_0 => None,
        _ => return None,
    };
    let list = |name| {
        let values = all(name).join(&b","[..]).to_ascii_lowercase();
        let parts = values.split(|byte| *byte == b',');
        parts
            .map(|part| part.trim_ascii().to_vec())
            .collect::<Vec<Vec<u8>>>()
    };
    let codings = all("transfer-encoding").len();
    let framing = match (&all("content-length")[..], codings) {
        ([], 0) => Framing::Sized(0),
        ([digits], 0) if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            Framing::Sized(str::from_utf8(digits).ok()?.parse().ok()?)
        }
        ([], 1) if !is_http_1_0 && list("transfer-encoding") == [b"chunked"] => Framing::Chunked,
        _ => return None,
    };
    let expects_continue = !is_http_1_0 && !all("expect").is_empty();
    if expects_continue
        && all("expect")
            .iter()
            .any(|value| !value.eq_ignore_ascii_case(b"100-continue"))
    {
        return None;
    }
    let connection = list("connection");
    let closes = connection.iter().any(|option| option == b"close");
    let persists = !is_http_1_0 || connection.iter().any(|option| option == b"keep-alive");
    Some(Said {
        method,
        path: target.path.to_owned(),
        query: target.query.to_owned(),
        length,
        framing,
        is_http_1_0,
        keep_alive: persists && !closes,
        expects_continue,
        host,
    })
}

/// The lines between CRLFs; `None` where CR or LF stands alone.
fn lines(text: &[u8]) -> Option<Vec<&[u8]>> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        lines.push(&rest[..end]);
        rest = &rest[end + 2..];
    }
    lines.push(rest);
    let alone = |line: &&[u8]| line.iter().any(|byte| b"\r\n".contains(byte));
    (!lines.iter().any(alone)).then_some(lines)
}

/// Name in lower case, and value.
fn field(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_text = value
        .iter()
        .all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
    (is_token(name) && is_text).then(|| (name.to_ascii_lowercase(), value.trim_ascii()))
}

fn is_token(name: &[u8]) -> bool {
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_sign)
}
