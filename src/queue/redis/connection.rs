//! One connection to one server: commands there and answers back.
//!
//! The library's own connections, pipelines, and Sentinel and Cluster clients are not used: they wait without a limit, or
//! several times theirs, for a server that has stopped. What a command and an answer look like is the library's.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use redis::{Cmd, Parser, Value, cmd};
use rustls::ClientConfig;

use super::address::Address;
use super::failure::Failure;
use super::location::Login;
use super::server_info::ServerInfo;
use super::socket::Socket;

/// How much is collected before it is written.
const WRITE_AT: usize = 256 << 10;

/// A signed-in connection. After a failure it is not to be used again: an answer may still be under way.
pub(super) struct Connection {
    server: Address,
    socket: Socket,
    parser: Parser,
    unwritten: Vec<u8>,
    info: Option<ServerInfo>,
}

impl Connection {
    /// Connects, signs in and chooses the database.
    pub(super) fn open(
        server: &Address,
        tls: Option<&Arc<ClientConfig>>,
        login: &Login,
        db: u32,
        deadline: Instant,
    ) -> Result<Connection, Failure> {
        let socket = Socket::connect(server, tls, deadline)
            .map_err(|error| Failure::connection("reach", server, error))?;
        let mut connection = Connection {
            server: server.clone(),
            socket,
            parser: Parser::new(),
            unwritten: Vec::new(),
            info: None,
        };
        if let Some(password) = &login.password {
            let mut sign_in = cmd("AUTH");
            if let Some(user) = &login.user {
                sign_in.arg(user);
            }
            connection.ask(sign_in.arg(&password.0), deadline)?;
        }
        if db != 0 {
            connection.ask(cmd("SELECT").arg(db), deadline)?;
        }
        Ok(connection)
    }

    /// Sends a command and waits for its answer.
    pub(super) fn ask(&mut self, command: &Cmd, deadline: Instant) -> Result<Value, Failure> {
        self.send(command, deadline)?;
        self.flush(deadline)?;
        self.answer(deadline)
    }

    /// Sends a command, at the latest by [`Connection::flush`]. Each has one [`Connection::answer`], in the same order.
    pub(super) fn send(&mut self, command: &Cmd, deadline: Instant) -> Result<(), Failure> {
        command.write_packed_command(&mut self.unwritten);
        if self.unwritten.len() >= WRITE_AT {
            self.flush(deadline)?;
        }
        Ok(())
    }

    /// Sends what was not sent yet.
    pub(super) fn flush(&mut self, deadline: Instant) -> Result<(), Failure> {
        self.socket.set_deadline(deadline);
        let written = self.socket.write_all(&self.unwritten);
        let written = written.and_then(|()| self.socket.flush());
        // A buffer that one long message has made large is not kept.
        self.unwritten.clear();
        self.unwritten.shrink_to(2 * WRITE_AT);
        written.map_err(|error| Failure::connection("send to", &self.server, error))
    }

    /// The next answer.
    pub(super) fn answer(&mut self, deadline: Instant) -> Result<Value, Failure> {
        self.socket.set_deadline(deadline);
        match self.parser.parse_value(&mut self.socket) {
            Ok(Value::ServerError(error)) => Err(Failure::refused(&self.server, &error)),
            Ok(value) => Ok(value),
            Err(error) => Err(Failure::Other(format!(
                "cannot read an answer of {}: {error}",
                self.server
            ))),
        }
    }

    /// What the server tells of itself; it is asked once.
    pub(super) fn info(&mut self, deadline: Instant) -> Result<&ServerInfo, Failure> {
        if self.info.is_none() {
            let info = match self.ask(&cmd("INFO"), deadline) {
                Ok(Value::BulkString(text)) => ServerInfo::parse(&String::from_utf8_lossy(&text)),
                Ok(_) => ServerInfo::default(),
                Err(failure) if failure.is_of_the_data() => ServerInfo::default(),
                Err(failure) => return Err(failure),
            };
            self.info = Some(info);
        }
        let info = self.info.as_ref();
        Ok(info.expect("the server was asked"))
    }
}
