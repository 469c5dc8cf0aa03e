//! A client that decides on every byte, segment, buffer and address of its connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt::TcpMaxSeg};
use socket2::{Domain, Socket, Type};

use super::{Response, WAIT_LIMIT};

/// How a connection is made.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// The client's address; any loopback address can be bound.
    pub from: Option<Ipv4Addr>,
    /// `SO_RCVBUF`, set before connecting so that the window starts small.
    pub receive_buffer: Option<usize>,
    /// `TCP_MAXSEG`: the largest segment either side sends.
    pub segment: Option<u32>,
    /// How long connecting, and each read and write, may take; [`WAIT_LIMIT`] when absent.
    pub patience: Option<Duration>,
}

/// Connects a bare socket.
pub fn connect(server: SocketAddr, options: Options) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    if let Some(from) = options.from {
        socket.bind(&SocketAddr::from((from, 0)).into())?;
    }
    if let Some(size) = options.receive_buffer {
        socket.set_recv_buffer_size(size)?;
    }
    if let Some(segment) = options.segment {
        setsockopt(&socket, TcpMaxSeg, &segment).map_err(io::Error::from)?;
    }
    let patience = options.patience.unwrap_or(WAIT_LIMIT);
    socket.connect_timeout(&server.into(), patience)?;
    socket.set_read_timeout(Some(patience))?;
    socket.set_write_timeout(Some(patience))?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

/// How a connection goes on.
#[derive(Debug)]
pub enum Next {
    Answer(Response),
    /// The server closed it after a whole response, or before any.
    End,
    /// Neither came within the connection's patience.
    Silence,
    /// It was reset, not within a response.
    Reset,
    /// What came is no response, or ended within one.
    Broken(String),
}

/// A connection whose responses are read one by one.
pub struct Conn {
    pub stream: TcpStream,
    rest: Vec<u8>,
}

impl Conn {
    pub fn open(server: SocketAddr, options: Options) -> io::Result<Self> {
        connect(server, options).map(Self::over)
    }

    pub fn over(stream: TcpStream) -> Self {
        Self {
            stream,
            rest: Vec::new(),
        }
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Ends the client's half; responses can still be read.
    pub fn half_close(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Sends a request and answers the response's status and body; panics when there is none.
    pub fn ask(&mut self, request: &[u8]) -> Response {
        self.send(request).expect("the request is sent");
        match self.next(false) {
            Next::Answer(answer) => answer,
            other => panic!("no answer but {other:?}"),
        }
    }

    /// Reads the next response; that to a `HEAD` has no body.
    pub fn next(&mut self, to_head: bool) -> Next {
        match self.try_next(to_head) {
            Ok(Some(answer)) => Next::Answer(answer),
            Ok(None) => Next::End,
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
                    && self.rest.is_empty() =>
            {
                Next::Silence
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset && self.rest.is_empty() => {
                Next::Reset
            }
            Err(error) => {
                let start = String::from_utf8_lossy(&self.rest[..self.rest.len().min(100)]);
                Next::Broken(format!("{error} after {start:?}"))
            }
        }
    }

    fn try_next(&mut self, to_head: bool) -> io::Result<Option<Response>> {
        let end = loop {
            let found = self.rest.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = found {
                break end;
            }
            if !self.more()? {
                let whole = self.rest.is_empty();
                return if whole { Ok(None) } else { Err(cut()) };
            }
        };
        let head = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        let mut response = parse(&head).ok_or_else(cut)?;
        self.rest.drain(..end + 4);
        let status = response.status;
        if to_head || status < 200 || [204, 304].contains(&status) {
            return Ok(Some(response));
        }
        match response.header("Content-Length").map(str::parse::<usize>) {
            Some(Ok(length)) => {
                while self.rest.len() < length {
                    if !self.more()? {
                        return Err(cut());
                    }
                }
                let rest = self.rest.split_off(length);
                response.body = std::mem::replace(&mut self.rest, rest);
            }
            // The server under test sends a length with every body.
            _ => return Err(cut()),
        }
        Ok(Some(response))
    }

    fn more(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 64 * 1024];
        let read = self.stream.read(&mut buffer)?;
        self.rest.extend_from_slice(&buffer[..read]);
        Ok(read > 0)
    }
}

fn cut() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "no whole response")
}

fn parse(head: &str) -> Option<Response> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.splitn(3, ' ');
    let version = words.next()?.to_owned();
    let status = words.next()?.parse().ok()?;
    let headers = lines
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        })
        .collect::<Option<_>>()?;
    Some(Response {
        status,
        version,
        headers,
        body: Vec::new(),
    })
}
