//! JSON lines: Caddy's access log, and nginx's by a `log_format` of its variables.
//!
//! Caddy (`http.log.access`) nests the request: `{"ts":1714564800.1,"request":{"client_ip":…,"method":…,"uri":…,
//! "headers":{"User-Agent":[…]}},"status":200}`. For nginx people name the fields as its variables are, or nearly so:
//! `remote_addr`, `time_iso8601`, `request`, `status`, `http_user_agent`. `http_x_forwarded_for` is not read: whoever
//! sends a request can write there what they like. Caddy's `client_ip` is what Caddy itself made of its trusted proxies.

use std::borrow::Cow;

use serde::Deserialize;

use super::combined::split_request;
use super::entry::{Field, LogEntry, unescape};
use super::json_value::{Request, Scalar};
use super::parse_error::ParseError;

/// The fields that are read, under the names in use.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    request: Request<'a>,
    status: Scalar<'a>,
    ts: Scalar<'a>,
    msec: Scalar<'a>,
    time_iso8601: Scalar<'a>,
    time_local: Scalar<'a>,
    time: Scalar<'a>,
    timestamp: Scalar<'a>,
    #[serde(rename = "@timestamp")]
    at_timestamp: Scalar<'a>,
    remote_addr: Scalar<'a>,
    remote_ip: Scalar<'a>,
    client_ip: Scalar<'a>,
    client: Scalar<'a>,
    request_method: Scalar<'a>,
    method: Scalar<'a>,
    request_uri: Scalar<'a>,
    uri: Scalar<'a>,
    path: Scalar<'a>,
    http_user_agent: Scalar<'a>,
    user_agent: Scalar<'a>,
    agent: Scalar<'a>,
}

/// Parses a line without its line end.
pub(super) fn parse(line: &[u8]) -> Result<LogEntry<'_>, ParseError> {
    match serde_json::from_slice(line) {
        Ok(parsed) => entry(parsed),
        Err(_) => {
            let repaired = repaired(line);
            let parsed = serde_json::from_str(&repaired).map_err(|_| ParseError::Json)?;
            entry(parsed).map(LogEntry::into_owned)
        }
    }
}

/// A line as JSON that nginx wrote without `escape=json`: its escapes `\xHH` are none in JSON, and its bytes need not be
/// UTF-8.
fn repaired(line: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'\\', [b'x', ..]) => {
                let (decoded, after) = unescape(after);
                rest = after;
                match decoded {
                    b'"' | b'\\' => bytes.extend([b'\\', decoded]),
                    0..0x20 => bytes.extend(format!("\\u{decoded:04x}").bytes()),
                    _ => bytes.push(decoded),
                }
            }
            (b'\\', [escaped, after @ ..]) => {
                bytes.extend([b'\\', *escaped]);
                rest = after;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn entry(line: Line<'_>) -> Result<LogEntry<'_>, ParseError> {
    let times = [
        line.msec,
        line.time_iso8601,
        line.time_local,
        line.ts,
        line.time,
        line.timestamp,
        line.at_timestamp,
    ];
    let time = times.iter().find_map(Scalar::time);
    let status = line.status.whole_number();
    let (client, method, target, agent) = match line.request {
        Request::Object(request) => (
            first([request.client_ip, request.remote_ip, request.remote_addr]),
            first([request.method]),
            first([request.uri]),
            first([request.headers.agent]),
        ),
        flat => {
            let (method, target) = match flat {
                Request::Line(line) => words(line),
                _ => (Scalar::None, Scalar::None),
            };
            (
                first([
                    line.remote_addr,
                    line.client_ip,
                    line.remote_ip,
                    line.client,
                ]),
                first([method, line.request_method, line.method]),
                first([target, line.request_uri, line.uri, line.path]),
                first([line.http_user_agent, line.user_agent, line.agent]),
            )
        }
    };
    let missing = ParseError::JsonField;
    Ok(LogEntry {
        client: client.ok_or(missing("a client"))?,
        time: time.ok_or(missing("a time"))?,
        method: match method.ok_or(missing("a method"))? {
            Cow::Borrowed(method) => Cow::Borrowed(method.as_bytes()),
            Cow::Owned(method) => Cow::Owned(method.into_bytes()),
        },
        target: Field::decoded(target.ok_or(missing("a path"))?),
        status: status
            .and_then(|status| u16::try_from(status).ok())
            .ok_or(missing("a status"))?,
        agent: agent.filter(|agent| agent != "-").map(Field::decoded),
    })
}

/// The first that is a text and not empty.
fn first<'a, const N: usize>(all: [Scalar<'a>; N]) -> Option<Cow<'a, str>> {
    all.into_iter().find_map(Scalar::into_text)
}

/// Method and target of a request line.
fn words(line: Cow<'_, str>) -> (Scalar<'_>, Scalar<'_>) {
    let of = |line: &str| {
        let (method, target) = split_request(line.as_bytes());
        (method.len(), target.len())
    };
    let (method, target) = of(&line);
    let start = line.len().min(method + 1);
    match line {
        Cow::Borrowed(line) => (
            Scalar::Text(Cow::Borrowed(&line[..method])),
            Scalar::Text(Cow::Borrowed(&line[start..start + target])),
        ),
        Cow::Owned(line) => (
            Scalar::Text(Cow::Owned(line[..method].to_owned())),
            Scalar::Text(Cow::Owned(line[start..start + target].to_owned())),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CADDY: &str = r#"{"level":"info","ts":1714564800.25,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"198.51.100.1","remote_port":"4711","client_ip":"192.0.2.7","proto":"HTTP/2.0","method":"GET","host":"example.org","uri":"/caf%C3%A9?a=b","headers":{"User-Agent":["Fire\"fox"],"X-Forwarded-For":["203.0.113.9"]},"tls":{"version":772}},"bytes_read":0,"duration":0.001,"size":10900,"status":200,"resp_headers":{"Server":["Caddy"]}}"#;

    fn fields(line: &str) -> Result<(String, i64, String, u16, Option<String>), ParseError> {
        let entry = parse(line.as_bytes())?;
        let agent = entry.agent.as_ref().map(|agent| agent.text().into_owned());
        assert_eq!(*entry.method, *b"GET", "{line}");
        let target = entry.target.text().into_owned();
        Ok((
            entry.client.into_owned(),
            entry.time,
            target,
            entry.status,
            agent,
        ))
    }

    fn flat(fields: &str) -> String {
        format!(r#"{{"remote_addr":"192.0.2.7",{fields},"status":"304"}}"#)
    }

    #[test]
    fn reads_caddys_lines() {
        let agent = Some("Fire\"fox".to_owned());
        let expected = (1_714_564_800_250, "/caf%C3%A9?a=b".to_owned(), 200, agent);
        for (line, client) in [
            (CADDY.to_owned(), "192.0.2.7"),
            (CADDY.replace("client_ip", "other"), "198.51.100.1"),
            (
                CADDY.replace("client_ip", "other").replace(
                    r#""remote_ip":"198.51.100.1""#,
                    r#""remote_addr":"198.51.100.1:4711""#,
                ),
                "198.51.100.1:4711",
            ),
        ] {
            let (time, target, status, agent) = expected.clone();
            let found = fields(&line).unwrap();
            assert_eq!(found, (client.to_owned(), time, target, status, agent));
        }
        let other_time = CADDY.replace("1714564800.25", r#""2024-05-01T14:00:00.25+0200""#);
        assert_eq!(fields(&other_time).unwrap().1, 1_714_564_800_250);
    }

    #[test]
    fn reads_nginxs_fields_by_their_common_names() {
        let at = 1_714_564_800_000;
        for given in [
            r#""time_iso8601":"2024-05-01T14:00:00+02:00","request":"GET /a HTTP/1.1","http_user_agent":"x""#,
            r#""time_local":"01/May/2024:12:00:00 +0000","request_method":"GET","request_uri":"/a","uri":"/index.php","user_agent":"x""#,
            r#""msec":"1714564800.000","method":"GET","uri":"/a","agent":"x","http_x_forwarded_for":"203.0.113.9""#,
            r#""@timestamp":"2024-05-01T12:00:00Z","method":"GET","path":"/a","http_user_agent":"x","client":"no""#,
            r#""ts":1714564800000,"request":"GET \u002fa HTTP/1.1","request":"GET /a HTTP/1.1","http_user_agent":"x""#,
        ] {
            let line = flat(given);
            if given.matches(r#""request":"#).count() == 2 {
                assert_eq!(fields(&line), Err(ParseError::Json), "a name given twice");
                continue;
            }
            let expected = ("192.0.2.7".into(), at, "/a".into(), 304, Some("x".into()));
            assert_eq!(fields(&line), Ok(expected), "{line}");
        }
        let line = flat(r#""msec":1714564800,"request":"GET /a","http_user_agent":"-""#);
        assert_eq!(fields(&line).unwrap().4, None);
    }

    #[test]
    fn what_nginx_escaped_in_its_own_way_is_read() {
        let line = flat(
            r#""msec":1714564800,"request":"GET /a\x22b\\c\x09 HTTP/1.1","http_user_agent":"\xED\x95\x9C \"""#,
        );
        let (_, _, target, _, agent) = fields(&line).unwrap();
        assert_eq!((&*target, agent.as_deref()), ("/a\"b\\c\t", Some("한 \"")));
        let mut bytes = flat(r#""msec":1,"request":"GET /a\u0062","agent":"?""#).into_bytes();
        let at = bytes.iter().position(|byte| *byte == b'?').unwrap();
        bytes[at] = 0xff;
        let entry = parse(&bytes).unwrap();
        assert_eq!(entry.agent.unwrap().text(), "\u{fffd}");
        assert_eq!(entry.target.text(), "/ab");
    }

    #[test]
    fn says_what_is_missing() {
        for (line, error) in [
            ("{", ParseError::Json),
            ("{}", ParseError::JsonField("a client")),
            (r#"{"remote_addr":"a"}"#, ParseError::JsonField("a time")),
            (
                r#"{"remote_addr":"a","ts":1}"#,
                ParseError::JsonField("a method"),
            ),
            (
                r#"{"remote_addr":"a","ts":1,"method":"GET","uri":"/"}"#,
                ParseError::JsonField("a status"),
            ),
            (
                r#"{"remote_addr":"a","ts":1,"method":"GET","uri":"/","status":99999}"#,
                ParseError::JsonField("a status"),
            ),
            (
                r#"{"ts":1,"msg":"serving initial configuration"}"#,
                ParseError::JsonField("a client"),
            ),
        ] {
            assert_eq!(parse(line.as_bytes()), Err(error), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_damage_to_a_line_is_read_or_refused(at in 0_usize..600, byte: u8, cut in 0_usize..600) {
            let mut line = CADDY.as_bytes().to_vec();
            let len = line.len();
            line[at % len] = byte;
            line.truncate(cut);
            if let Ok(entry) = parse(&line) {
                entry.target.text();
            }
        }
    }
}
