//! A keep-alive HTTP/1.1 client just large enough to create posts, read a number and send an exact number of requests.
//!
//! wrk stops in the middle of requests, so what it received and what a server answered differ by up to one request per
//! connection. This client finishes each request it starts: losses are judged with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

const TIMEOUT: Duration = Duration::from_secs(20);

/// An answer: status and body.
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as text, for numbers and messages.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).trim().to_owned()
    }
}

/// One connection to a contender on loopback, opened again when the contender closed it.
pub struct Client {
    port: u16,
    keep_alive: bool,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    pub fn new(port: u16, keep_alive: bool) -> Self {
        Self {
            port,
            keep_alive,
            stream: None,
        }
    }

    pub fn get(&mut self, path: &str) -> Result<Reply> {
        self.send("GET", path, None)
    }

    /// Writes `json` with the token that allows it.
    pub fn post_json(&mut self, path: &str, json: &str, token: &str) -> Result<Reply> {
        self.send("POST", path, Some((json, token)))
    }

    fn send(&mut self, method: &str, path: &str, write: Option<(&str, &str)>) -> Result<Reply> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n",
            self.port
        );
        if !self.keep_alive {
            request.push_str("Connection: close\r\n");
        }
        if let Some((json, token)) = write {
            request.push_str(&format!(
                "Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
                json.len()
            ));
        }
        request.push_str("\r\n");
        request.push_str(write.map_or("", |(json, _)| json));

        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        stream
            .get_mut()
            .write_all(request.as_bytes())
            .with_context(|| format!("cannot send {method} {path}"))?;
        let (reply, open) =
            read_reply(&mut stream).with_context(|| format!("no answer to {method} {path}"))?;
        if open && self.keep_alive {
            self.stream = Some(stream);
        }
        Ok(reply)
    }

    fn connect(&self) -> Result<BufReader<TcpStream>> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(BufReader::with_capacity(64 * 1024, stream))
    }
}

/// Reads one answer; the flag says whether the connection stays open.
fn read_reply(stream: &mut BufReader<TcpStream>) -> Result<(Reply, bool)> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let Some(status) = line.split(' ').nth(1).and_then(|code| code.parse().ok()) else {
        bail!("not an HTTP status line: {line:?}");
    };
    let mut length = None;
    let mut open = true;
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            bail!("the connection ended inside the head");
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.parse::<usize>()?);
        } else if name.eq_ignore_ascii_case("connection") {
            open = !value.eq_ignore_ascii_case("close");
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("the answer is chunked, which this client does not read");
        }
    }
    let mut body = Vec::new();
    match length {
        Some(length) => {
            body.resize(length, 0);
            stream.read_exact(&mut body)?;
        }
        None if status == 204 || status == 304 => {}
        None => {
            stream.read_to_end(&mut body)?;
            open = false;
        }
    }
    Ok((Reply { status, body }, open))
}
