//! One raw exchange: the bytes a client sends, the statuses it must get, what becomes of the connection, and why.

use std::time::Duration;

use crate::support::attack::{TOKEN, ask, create, get, served};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Response, Server, assert_problem};

/// What becomes of the connection after the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It carries a further request.
    Stays,
    /// It ends: a request sent along in the same burst is never answered.
    Ends,
    /// The client has ended its half after the bytes; nothing but the answers comes.
    Cut,
    /// Either is right: it carries a further request, or it ends.
    Either,
}

/// What a response must show beyond its status.
type Check = fn(&Response) -> Result<(), String>;

/// A line of the table.
pub struct Case {
    pub section: &'static str,
    pub what: String,
    pub bytes: Vec<u8>,
    pub statuses: Vec<u16>,
    pub then: Then,
    check: Option<Check>,
}

/// The title that the post `edited` has, and keeps when it is corrected rightly.
pub const EDITED: &str = r#"{"title":"Edited","body":"b"}"#;
/// As long, and what no refused request may store.
pub const NEVER: &str = r#"{"title":"Never!","body":"b"}"#;

/// `RFC and section, what is tried, bytes, statuses in their order, the connection`.
pub fn case(
    section: &'static str,
    what: impl Into<String>,
    bytes: impl AsRef<[u8]>,
    statuses: impl Into<Vec<u16>>,
    then: Then,
) -> Case {
    Case {
        section,
        what: what.into(),
        bytes: bytes.as_ref().to_vec(),
        statuses: statuses.into(),
        then,
        check: None,
    }
}

impl Case {
    /// Something further that the last answer must show.
    pub fn shows(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }
}

/// `GET /healthz` with these header lines, each with its CRLF.
pub fn healthz(lines: impl AsRef<[u8]>) -> Vec<u8> {
    let start = b"GET /healthz HTTP/1.1\r\nHost: a\r\n";
    [start, lines.as_ref(), b"\r\n"].concat()
}

/// A correction of the post `edited` with the token, these header lines and this body.
pub fn put(lines: &str, body: &str) -> Vec<u8> {
    format!(
        "PUT /posts/edited HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\
         {lines}\r\n{body}"
    )
    .into_bytes()
}

/// Runs a table against one server; panics with every case that was not answered as wanted.
pub fn run(cases: &[Case]) {
    let home = Home::new();
    let server = served(&home, &[("--request-timeout", "2s")]);
    create(&server, "canary", "text");
    create(&server, "edited", "b");
    let edited = format!("Content-Length: {}\r\nConnection: close\r\n", EDITED.len());
    assert_eq!(ask(&server, &put(&edited, EDITED)).status, 200);
    let tag = ask(&server, &get("/posts/hello?count=false", ""));
    let tag = tag.header("ETag").expect("an ETag").to_owned();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let answered = try_case(case, &server, &tag);
            let problem = is_not_stored(case, &server).and(answered).err()?;
            let bytes = String::from_utf8_lossy(&case.bytes[..case.bytes.len().min(120)]);
            let (section, what) = (case.section, &case.what);
            Some(format!("RFC {section}: {what}: {problem}\n    {bytes:?}"))
        })
        .collect();
    let (wrong_count, all) = (wrong.len(), cases.len());
    let wrong = wrong.join("\n");
    assert_eq!(wrong_count, 0, "{wrong_count} of {all} cases:\n{wrong}");
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let canary = "SELECT id AS number FROM posts WHERE slug = 'canary'";
    let canary = home.database().number(canary);
    assert_eq!(home.database().views_of(canary), 0, "a canary was served");
}

fn try_case(case: &Case, server: &Server, tag: &str) -> Result<(), String> {
    let options = Options {
        patience: Some(Duration::from_secs(4)),
        ..Options::default()
    };
    let mut client = Conn::open(server.address, options).map_err(|error| error.to_string())?;
    let mut bytes = fill_in(&case.bytes, tag);
    if case.then == Then::Ends {
        bytes.extend(get("/posts/canary", ""));
    }
    // The server may refuse before it has everything.
    let _ = client.send(&bytes);
    if case.then == Then::Cut {
        client.half_close();
    }
    let head = case.bytes.starts_with(b"HEAD ");
    let mut answers = Vec::new();
    for (number, &wanted) in case.statuses.iter().enumerate() {
        let answer = match client.next(head && number == 0) {
            Next::Answer(answer) => answer,
            Next::Broken(what) => return Err(format!("wanted {wanted}, got {what}")),
            other => return Err(format!("wanted {wanted}, got {other:?}")),
        };
        if answer.status != wanted {
            return Err(format!("wanted {wanted}, got {answer:?}"));
        }
        is_well_formed(&answer, head)?;
        answers.push(answer);
    }
    let last = answers.last().expect("a status is wanted");
    if let Some(check) = case.check {
        check(last)?;
    }
    goes_on(case.then, last, &mut client)
}

/// However it was answered: what was refused is not stored.
fn is_not_stored(case: &Case, server: &Server) -> Result<(), String> {
    if !case.bytes.windows(6).any(|part| part == b"Never!") {
        return Ok(());
    }
    let post = ask(server, &get("/posts/edited?count=false", "")).json();
    if post["title"] == "Edited" {
        return Ok(());
    }
    // The next case is not to be blamed for it.
    let again = ask(server, &put("Content-Length: 29\r\n", EDITED));
    assert_eq!(again.status, 200, "{again:?}");
    Err("a refused body was stored".to_owned())
}

fn fill_in(bytes: &[u8], tag: &str) -> Vec<u8> {
    let Some(at) = bytes.windows(6).position(|part| part == b"{etag}") else {
        return bytes.to_vec();
    };
    [&bytes[..at], tag.as_bytes(), &bytes[at + 6..]].concat()
}

fn goes_on(then: Then, last: &Response, client: &mut Conn) -> Result<(), String> {
    let says_close = last.closes();
    match then {
        Then::Stays | Then::Either if !says_close => {
            client
                .send(&healthz(""))
                .map_err(|error| error.to_string())?;
            match client.next(false) {
                Next::Answer(probe) if probe.status == 200 => Ok(()),
                Next::End if then == Then::Either => Ok(()),
                other => Err(format!("a further request got {other:?}")),
            }
        }
        Then::Stays => Err(format!("it closes: {last:?}")),
        Then::Ends if !says_close => Err(format!("it does not say close: {last:?}")),
        Then::Ends | Then::Cut | Then::Either => match client.next(false) {
            Next::End => Ok(()),
            other => Err(format!("after the answers: {other:?}")),
        },
    }
}

/// What every response must have, whatever was asked.
fn is_well_formed(answer: &Response, to_head: bool) -> Result<(), String> {
    let status = answer.status;
    let has = |name: &str| answer.header(name).is_some();
    let broken = |what: &str| Err(format!("{what}: {answer:?}"));
    if answer.version != "HTTP/1.1" {
        return broken("RFC 9112 2.3: not HTTP/1.1");
    }
    if status < 200 {
        return Ok(());
    }
    if !has("Date") {
        return broken("RFC 9110 6.6.1: no Date");
    }
    let length = has("Content-Length");
    if length && (has("Transfer-Encoding") || status == 204) {
        return broken("RFC 9110 8.6: a Content-Length where none may be");
    }
    if (status == 405 && !has("Allow")) || (status == 401 && !has("WWW-Authenticate")) {
        return broken("RFC 9110 15.5: Allow or WWW-Authenticate is missing");
    }
    if status >= 400 && !to_head {
        let kind = answer.header("Content-Type").unwrap_or_default();
        if !kind.starts_with("application/problem+json") {
            return broken("RFC 9457: no problem document");
        }
        if std::panic::catch_unwind(|| assert_problem(answer, status)).is_err() {
            return broken("RFC 9457: no good problem document");
        }
    }
    Ok(())
}

/// The post as it is sent to be corrected, with its length.
pub fn sized(body: &str) -> String {
    format!("Content-Length: {}\r\n", body.len())
}

/// A body in chunks of at most `size` bytes, its last chunk and an empty trailer included.
pub fn in_chunks(body: &str, size: usize) -> String {
    let mut chunks: String = body
        .as_bytes()
        .chunks(size)
        .map(|chunk| {
            format!(
                "{:x}\r\n{}\r\n",
                chunk.len(),
                String::from_utf8_lossy(chunk)
            )
        })
        .collect();
    chunks += "0\r\n\r\n";
    chunks
}

#[test]
fn the_two_bodies_differ_in_their_title_only() {
    assert_eq!(EDITED.len(), NEVER.len());
    assert_eq!(EDITED.len(), 29);
    assert_eq!(EDITED.replace("Edited", "Never!"), NEVER);
}
