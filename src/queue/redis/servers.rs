//! The servers that hold the streams: which of them has a key, and the connections to them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Cmd, Value, cmd};
use rustls::ClientConfig;

use super::address::Address;
use super::connection::Connection;
use super::failure::Failure;
use super::location::{Login, RedisLocation, Topology};
use super::socket::tls_config;

/// How long reaching one server may take, of several that may be asked by a deadline.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How often the Sentinels are asked again which server is the primary: one that is cut off from them goes on answering.
const RECHECK_EVERY: Duration = Duration::from_secs(5);

const RECHECK_LIMIT: Duration = Duration::from_millis(500);

/// How often a key may be somewhere else in one call.
const MAX_REDIRECTS: usize = 5;

/// How many of a Cluster's nodes are remembered to ask.
const MAX_NODES: usize = 64;

/// What was answered.
pub(super) enum Answer {
    Value(Value),
    /// Nothing was asked: this run has the key now.
    OtherRun(String),
}

/// Connections to the servers, made when they are needed. After a failure all are made anew, wherever the key is then.
pub(super) struct Servers {
    location: Arc<RedisLocation>,
    tls: Option<Arc<ClientConfig>>,
    connections: HashMap<Address, Connection>,
    /// The primary that the Sentinels name, and when they did.
    primary: Option<(Address, Instant)>,
    /// Where a Cluster has keys.
    homes: HashMap<String, Address>,
    /// Sentinels, or nodes of a Cluster; the first is asked first.
    to_ask: Vec<Address>,
}

impl Servers {
    pub(super) fn new(location: Arc<RedisLocation>) -> Servers {
        let to_ask = match &location.topology {
            Topology::Single(_) => Vec::new(),
            Topology::Sentinel { sentinels, .. } => sentinels.clone(),
            Topology::Cluster(seeds) => seeds.clone(),
        };
        Servers {
            location,
            tls: None,
            connections: HashMap::new(),
            primary: None,
            homes: HashMap::new(),
            to_ask,
        }
    }

    /// Asks the server that has a key, wherever that is.
    pub(super) fn ask(
        &mut self,
        key: &str,
        command: &Cmd,
        deadline: Instant,
    ) -> Result<Value, Failure> {
        let asked = self.ask_following(key, deadline, |connection| {
            connection.ask(command, deadline)
        });
        asked.map(|(answer, _)| answer)
    }

    /// As [`Servers::ask`], and tells which server it was.
    pub(super) fn ask_where(
        &mut self,
        key: &str,
        command: &Cmd,
        deadline: Instant,
    ) -> Result<Address, Failure> {
        let asked = self.ask_following(key, deadline, |connection| {
            connection.ask(command, deadline)
        });
        asked.map(|(_, server)| server)
    }

    /// As [`Servers::ask`], if it is still this run of this server that has the key.
    pub(super) fn ask_run(
        &mut self,
        key: &str,
        run: &str,
        command: &Cmd,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let asked = self.ask_following(key, deadline, |connection| {
            let current = &connection.info(deadline)?.run;
            if current != run {
                let current = current.clone();
                // A node whose key has just gone to another says so when it is asked for it.
                connection.ask(cmd("TYPE").arg(key), deadline)?;
                return Ok(Answer::OtherRun(current));
            }
            connection.ask(command, deadline).map(Answer::Value)
        });
        asked.map(|(answer, _)| answer)
    }

    /// Why the server that has a key may lose messages.
    pub(super) fn doubts(
        &mut self,
        key: &str,
        deadline: Instant,
    ) -> Result<(Vec<&'static str>, Address), Failure> {
        self.ask_following(key, deadline, |connection| {
            Ok(connection.info(deadline)?.doubts.clone())
        })
    }

    fn ask_following<T>(
        &mut self,
        key: &str,
        deadline: Instant,
        ask: impl FnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<(T, Address), Failure> {
        let answer = self.try_ask(key, deadline, ask);
        if answer
            .as_ref()
            .is_err_and(|failure| !failure.is_of_the_data())
        {
            self.disconnect();
        }
        answer
    }

    fn try_ask<T>(
        &mut self,
        key: &str,
        deadline: Instant,
        mut ask: impl FnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<(T, Address), Failure> {
        let mut redirects = 0;
        loop {
            let home = self.home(key, deadline)?;
            let failure = match ask(self.connection(&home, deadline)?) {
                Ok(answer) => return Ok((answer, home)),
                Err(failure) => failure,
            };
            redirects += 1;
            match failure.moved_to() {
                Some(other) if self.is_cluster() && redirects <= MAX_REDIRECTS => {
                    if failure.code() == "ASK" {
                        let connection = self.connection(&other, deadline)?;
                        // So that what is known of its run is asked before, for it holds for one command.
                        connection.info(deadline)?;
                        connection.ask(&cmd("ASKING"), deadline)?;
                        return Ok((ask(connection)?, other));
                    }
                    self.move_home(key, other);
                }
                _ => return Err(failure),
            }
        }
    }

    /// Closes every connection, and forgets where keys are.
    pub(super) fn disconnect(&mut self) {
        self.connections.clear();
        self.homes.clear();
        self.primary = None;
        self.tls = None;
        if !self.to_ask.is_empty() {
            self.to_ask.rotate_left(1);
        }
    }

    /// The server that has a key.
    pub(super) fn home(&mut self, key: &str, deadline: Instant) -> Result<Address, Failure> {
        let location = Arc::clone(&self.location);
        match &location.topology {
            Topology::Single(address) => Ok(address.clone()),
            Topology::Sentinel { master, .. } => self.primary(master, deadline),
            Topology::Cluster(_) => match self.homes.get(key) {
                Some(home) => Ok(home.clone()),
                None => self.find(key, deadline),
            },
        }
    }

    /// The connection to a server.
    pub(super) fn connection(
        &mut self,
        server: &Address,
        deadline: Instant,
    ) -> Result<&mut Connection, Failure> {
        let location = Arc::clone(&self.location);
        self.connection_as(server, &location.login, location.db, deadline)
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self.location.topology, Topology::Cluster(_))
    }

    fn connection_as(
        &mut self,
        server: &Address,
        login: &Login,
        db: u32,
        deadline: Instant,
    ) -> Result<&mut Connection, Failure> {
        if !self.connections.contains_key(server) {
            let limit = deadline.min(Instant::now() + CONNECT_LIMIT);
            if let (None, Some(files)) = (&self.tls, &self.location.tls) {
                self.tls = Some(tls_config(files).map_err(Failure::Other)?);
            }
            let opened = Connection::open(server, self.tls.as_ref(), login, db, limit)?;
            self.connections.insert(server.clone(), opened);
        }
        let connection = self.connections.get_mut(server);
        Ok(connection.expect("the connection is there: it was, or was made"))
    }

    /// Asks in turn who may know until one does.
    fn ask_around<T>(
        &mut self,
        deadline: Instant,
        mut ask: impl FnMut(&mut Servers, &Address, Instant) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut last = None;
        for _ in 0..self.to_ask.len() {
            let server = self.to_ask[0].clone();
            let limit = deadline.min(Instant::now() + CONNECT_LIMIT);
            match ask(self, &server, limit) {
                Ok(found) => return Ok(found),
                Err(failure) => last = Some(failure),
            }
            self.connections.remove(&server);
            self.to_ask.rotate_left(1);
        }
        Err(last.unwrap_or_else(|| Failure::Other("there is no server to ask".to_owned())))
    }

    /// The primary that the Sentinels name; the one of before while none of them answers.
    fn primary(&mut self, name: &str, deadline: Instant) -> Result<Address, Failure> {
        if let Some((primary, at)) = &self.primary
            && at.elapsed() < RECHECK_EVERY
        {
            return Ok(primary.clone());
        }
        let location = Arc::clone(&self.location);
        let mut get = cmd("SENTINEL");
        get.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
        // While one is known, nothing waits long for news of it.
        let limit = match self.primary {
            Some(_) => deadline.min(Instant::now() + RECHECK_LIMIT),
            None => deadline,
        };
        let named = self.ask_around(limit, |servers, sentinel, limit| {
            let connection = servers.connection_as(sentinel, &location.sentinel_login, 0, limit)?;
            let answer = connection.ask(&get, limit)?;
            redis::from_redis_value::<Option<(String, u16)>>(answer)
                .ok()
                .flatten()
                .map(|(host, port)| Address { host, port })
                .ok_or_else(|| {
                    Failure::Other(format!("the Sentinel {sentinel} knows no master {name:?}"))
                })
        });
        let primary = match (named, self.primary.take()) {
            (Ok(named), Some((before, _))) if before == named => named,
            (Ok(named), _) => {
                self.connections.clear();
                self.assert_is_primary(&named, deadline)?;
                named
            }
            (Err(_), Some((before, _))) => before,
            (Err(failure), None) => return Err(failure),
        };
        self.primary = Some((primary.clone(), Instant::now()));
        Ok(primary)
    }

    /// Sentinels name the old primary until a failover is over: it may be a replica by then.
    fn assert_is_primary(&mut self, server: &Address, deadline: Instant) -> Result<(), Failure> {
        let role = match self
            .connection(server, deadline)?
            .ask(&cmd("ROLE"), deadline)?
        {
            Value::Array(role) => role.into_iter().next(),
            _ => None,
        };
        match role {
            Some(Value::BulkString(role)) if role == b"master" => Ok(()),
            role => Err(Failure::Other(format!(
                "the Sentinels name {server}, which is no primary but {role:?}; a failover is waited for"
            ))),
        }
    }

    /// Finds a Cluster's node that has a key, by asking any for it.
    fn find(&mut self, key: &str, deadline: Instant) -> Result<Address, Failure> {
        let mut exists = cmd("EXISTS");
        exists.arg(key);
        let home = self.ask_around(deadline, |servers, node, limit| {
            let answer = servers.connection(node, limit)?.ask(&exists, limit);
            match answer {
                Ok(_) => Ok(node.clone()),
                // Another is to be asked for what may be there already, in the same slot: its home is still here.
                Err(failure) if failure.code() == "ASK" => Ok(node.clone()),
                Err(failure) => failure.moved_to().ok_or(failure),
            }
        })?;
        self.move_home(key, home.clone());
        Ok(home)
    }

    /// Remembers where a key is. Who has one can also be asked for others.
    pub(super) fn move_home(&mut self, key: &str, home: Address) {
        // Who had it may be a replica by now, and another run once it has it again.
        if let Some(before) = self.homes.remove(key) {
            self.connections.remove(&before);
        }
        if !self.to_ask.contains(&home) && self.to_ask.len() < MAX_NODES {
            self.to_ask.push(home.clone());
        }
        self.homes.insert(key.to_owned(), home);
    }
}
