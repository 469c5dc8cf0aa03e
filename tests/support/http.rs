//! A blocking HTTP/1.1 client over a bare socket: tests decide on every byte and see every byte.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::WAIT_LIMIT;

/// A browser's: never mistaken for a crawler's.
pub const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// The token of every server that [`super::Home::serve`] starts, unless a test sets another.
pub const TOKEN: &str = "suite-token-0123456789";

/// The header line that carries it, for heads written by hand.
pub const BEARER: &str = "Authorization: Bearer suite-token-0123456789\r\n";

/// A connection that is kept alive until dropped.
pub struct Client {
    stream: TcpStream,
    /// What was read beyond the last response.
    rest: Vec<u8>,
}

/// A response, read whole.
pub struct Response {
    pub status: u16,
    pub version: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address, WAIT_LIMIT).expect("the server takes the connection")
    }

    pub fn try_connect(address: SocketAddr, limit: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        Ok(Self {
            stream,
            rest: Vec::new(),
        })
    }

    pub fn get(&mut self, path: &str) -> Response {
        self.request("GET", path, &[], b"")
    }

    /// Sends a request, with [`TOKEN`] where it is needed, and reads its response.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        self.exchange(method, &request_bytes(method, path, headers, body))
    }

    /// The same with just these headers: no token where one is needed.
    pub fn request_without_token(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        self.exchange(method, &bytes_without_token(method, path, headers, body))
    }

    fn exchange(&mut self, method: &str, request: &[u8]) -> Response {
        self.send(request).expect("the request is sent");
        self.read_for(method)
            .expect("a whole response")
            .expect("a response, not the end of the connection")
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The same connection once more: one may read while the other sends.
    pub fn twin(&self) -> Self {
        Self {
            stream: self.stream.try_clone().expect("a descriptor"),
            rest: Vec::new(),
        }
    }

    /// Ends our half of the connection; what the server says can still be read.
    pub fn half_close(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads the next response; `None` when the server closed instead of answering.
    pub fn read(&mut self) -> io::Result<Option<Response>> {
        self.read_for("GET")
    }

    /// Reads the response to a request of this method: that to `HEAD` has no body.
    pub fn read_for(&mut self, method: &str) -> io::Result<Option<Response>> {
        let end = loop {
            if let Some(at) = find(&self.rest, b"\r\n\r\n") {
                break at;
            }
            if !self.more()? {
                return if self.rest.is_empty() {
                    Ok(None)
                } else {
                    Err(cut("inside a head"))
                };
            }
        };
        let head = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        self.rest.drain(..end + 4);
        let mut response = parse_head(&head)?;
        let bodiless =
            method == "HEAD" || response.status < 200 || [204, 304].contains(&response.status);
        if !bodiless {
            response.body = self.body_of(&response)?;
        }
        Ok(Some(response))
    }

    /// Reads to the end of the connection; all that came, however it ended.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        while self.more().is_ok_and(|more| more) {}
        std::mem::take(&mut self.rest)
    }

    /// Whether the server closed the connection, after what is still to be read.
    pub fn is_closed(&mut self) -> bool {
        !matches!(self.more(), Ok(true))
    }

    fn body_of(&mut self, response: &Response) -> io::Result<Vec<u8>> {
        if response
            .header("Transfer-Encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
        {
            return self.chunks();
        }
        if let Some(length) = response.header("Content-Length") {
            let length: usize = length.parse().map_err(|_| cut("with a bad length"))?;
            return self.take(length);
        }
        while self.more()? {}
        Ok(std::mem::take(&mut self.rest))
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = loop {
                match find(&self.rest, b"\r\n") {
                    Some(at) => break at,
                    None if self.more()? => {}
                    None => return Err(cut("inside a chunk")),
                }
            };
            let size = String::from_utf8_lossy(&self.take(line)?).into_owned();
            self.take(2)?;
            let size =
                usize::from_str_radix(size.trim(), 16).map_err(|_| cut("with a bad chunk"))?;
            body.extend(self.take(size)?);
            self.take(2)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.rest.len() < length {
            if !self.more()? {
                return Err(cut("inside a body"));
            }
        }
        let rest = self.rest.split_off(length);
        Ok(std::mem::replace(&mut self.rest, rest))
    }

    fn more(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 64 * 1024];
        let read = self.stream.read(&mut buffer)?;
        self.rest.extend_from_slice(&buffer[..read]);
        Ok(read > 0)
    }
}

impl Response {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{} is not JSON: {:?}", self.status, self.text()))
    }

    /// Whether the server says that it will close the connection.
    pub fn closes(&self) -> bool {
        self.header("Connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Short, and as one would read it on the wire.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start: String = self.text().chars().take(200).collect();
        write!(f, "{} {:?} {start:?}", self.status, self.headers)
    }
}

/// A request as it goes over the wire; a `Content-Length` is added when there is a body.
///
/// [`TOKEN`] is added to what needs it, writes, viewers' data and named views, unless `headers` say who asks.
pub fn request_bytes(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let has = |wanted: &str| {
        headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let is_beacon = method == "POST" && path.contains("/views");
    let reads = matches!(method, "GET" | "HEAD" | "OPTIONS") || is_beacon;
    let is_public = !path.contains("/viewers") && !path.contains("/corrections");
    if has("Authorization") || reads && is_public && !has("Viewer-Id") {
        return bytes_without_token(method, path, headers, body);
    }
    let bearer = format!("Bearer {TOKEN}");
    let mut with_token = headers.to_vec();
    with_token.push(("Authorization", &bearer));
    bytes_without_token(method, path, &with_token, body)
}

/// A request as it goes over the wire, with just these headers and a `Content-Length` when there is a body.
pub fn bytes_without_token(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("User-Agent"))
    {
        bytes += &format!("User-Agent: {USER_AGENT}\r\n");
    }
    for (name, value) in headers {
        bytes += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        bytes += &format!("Content-Length: {}\r\n", body.len());
    }
    bytes += "\r\n";
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn parse_head(head: &str) -> io::Result<Response> {
    let mut lines = head.split("\r\n");
    let mut status_line = lines.next().unwrap_or_default().splitn(3, ' ');
    let version = status_line.next().unwrap_or_default().to_owned();
    let status = status_line
        .next()
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| cut("with a bad status"))?;
    let headers = lines
        .map(|line| {
            line.split_once(':')
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        })
        .collect::<Option<_>>()
        .ok_or_else(|| cut("with a bad header"))?;
    Ok(Response {
        status,
        version,
        headers,
        body: Vec::new(),
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn cut(place: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("the response ended {place}"),
    )
}
