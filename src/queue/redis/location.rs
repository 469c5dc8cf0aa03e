//! Which Redis servers, which streams there, and how they are reached.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use super::address::Address;
use super::secret::Secret;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// More would cost each consuming node a connection each.
const MAX_PARTITIONS: u32 = 1024;

/// The longest name of a stream, so that what the store knows the queue by is short.
const MAX_NAME: usize = 100;

const FORMS: &str = "redis://[USER:PASSWORD@]HOST[:PORT][/DB], rediss://…, redis+sentinel://HOST:PORT[,…]/MASTER or \
                     redis+cluster://HOST:PORT[,…]";

const PARAMETERS: &str =
    "stream, partitions, replicas, tls, ca, cert, key, sentinel_user, sentinel_password";

/// How a server is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Topology {
    /// There is one.
    Single(Address),
    /// Any of these knows which is the primary of that name.
    Sentinel {
        sentinels: Vec<Address>,
        master: String,
    },
    /// Any of these knows which holds a key.
    Cluster(Vec<Address>),
}

/// Who signs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Login {
    pub user: Option<String>,
    pub password: Option<Secret>,
}

/// How TLS is spoken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TlsFiles {
    /// Whom to trust instead of whom the system does.
    pub ca: Option<PathBuf>,
    /// The certificate to show and its key, for servers that ask for one.
    pub own: Option<(PathBuf, PathBuf)>,
}

/// A parsed `redis://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisLocation {
    pub(super) topology: Topology,
    pub(super) login: Login,
    pub(super) sentinel_login: Login,
    pub(super) db: u32,
    pub(super) tls: Option<TlsFiles>,
    pub(super) stream: String,
    pub(super) partitions: u32,
    /// How many replicas must have a message before it counts as accepted.
    pub(super) replicas: u32,
}

impl RedisLocation {
    /// What the store knows it by.
    pub fn name(&self) -> String {
        match self.db {
            0 => format!("redis/{}", self.stream),
            db => format!("redis/{}/{db}", self.stream),
        }
    }

    /// The key of a partition's stream. What a Cluster places keys by is the number in braces.
    pub(super) fn key(&self, partition: u32) -> String {
        format!("{}:{{{partition}}}", self.stream)
    }
}

impl FromStr for RedisLocation {
    type Err = String;

    fn from_str(text: &str) -> Result<RedisLocation, String> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| format!("a Redis queue is {FORMS}"))?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = place.split_once('/').unwrap_or((place, ""));
        let (login, hosts) = match authority.rsplit_once('@') {
            None => (Login::default(), authority),
            Some((login, hosts)) => (parse_login(login)?, hosts),
        };
        let default_port = match scheme {
            "redis+sentinel" => SENTINEL_PORT,
            _ => PORT,
        };
        let mut addresses = hosts
            .split(',')
            .map(|host| Address::parse(host, default_port))
            .collect::<Result<Vec<_>, _>>()?;
        let (topology, db) = match scheme {
            "redis" | "rediss" => match addresses.pop() {
                Some(address) if addresses.is_empty() => (Topology::Single(address), path),
                _ => {
                    return Err(
                        "redis:// has one HOST; several belong to redis+sentinel:// or redis+cluster://"
                            .to_owned(),
                    );
                }
            },
            "redis+sentinel" => {
                let (master, db) = path.split_once('/').unwrap_or((path, ""));
                if master.is_empty() {
                    return Err(
                        "redis+sentinel://HOST:PORT[,…]/MASTER needs the name of a MASTER"
                            .to_owned(),
                    );
                }
                let topology = Topology::Sentinel {
                    sentinels: addresses,
                    master: decode(master)?,
                };
                (topology, db)
            }
            "redis+cluster" if path.is_empty() => (Topology::Cluster(addresses), ""),
            "redis+cluster" => return Err("a Cluster has no databases: leave /DB out".to_owned()),
            _ => return Err(format!("a Redis queue is {FORMS}")),
        };
        let mut location = RedisLocation {
            topology,
            login,
            sentinel_login: Login::default(),
            db: parse_db(db)?,
            tls: (scheme == "rediss").then(TlsFiles::default),
            stream: "viewtally".to_owned(),
            partitions: 1,
            replicas: 0,
        };
        location.parse_query(query)?;
        Ok(location)
    }
}

impl RedisLocation {
    fn parse_query(&mut self, query: &str) -> Result<(), String> {
        let (mut ca, mut cert, mut key) = (None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let file = || Some(PathBuf::from(&*value));
            match &*name {
                "stream" => self.stream = parse_stream(&value)?,
                "partitions" => {
                    self.partitions = parse_number(&name, &value, 1..=MAX_PARTITIONS)?;
                }
                "replicas" => self.replicas = parse_number(&name, &value, 0..=100)?,
                "tls" if value == "true" => {
                    self.tls.get_or_insert_default();
                }
                "ca" => ca = file(),
                "cert" => cert = file(),
                "key" => key = file(),
                "sentinel_user" => self.sentinel_login.user = Some(value.into_owned()),
                "sentinel_password" => {
                    self.sentinel_login.password = Some(Secret(value.into_owned()));
                }
                _ => {
                    return Err(format!(
                        "{name} is no parameter, or has no such value: try {PARAMETERS}"
                    ));
                }
            }
        }
        let own = match (cert, key) {
            (None, None) => None,
            (Some(cert), Some(key)) => Some((cert, key)),
            _ => return Err("cert=FILE and key=FILE go together".to_owned()),
        };
        match &mut self.tls {
            Some(tls) => *tls = TlsFiles { ca, own },
            None if ca.is_some() || own.is_some() => {
                return Err("ca, cert and key are for TLS: try rediss:// or tls=true".to_owned());
            }
            None => {}
        }
        if self.sentinel_login.user.is_some() && self.sentinel_login.password.is_none() {
            return Err("sentinel_user needs a sentinel_password".to_owned());
        }
        Ok(())
    }
}

fn parse_login(text: &str) -> Result<Login, String> {
    let (user, password) = text
        .split_once(':')
        .ok_or("a user needs a password: USER:PASSWORD@, or :PASSWORD@ without a user")?;
    Ok(Login {
        user: Some(decode(user)?).filter(|user| !user.is_empty()),
        password: Some(Secret(decode(password)?)),
    })
}

fn parse_db(text: &str) -> Result<u32, String> {
    match text {
        "" => Ok(0),
        digits => digits
            .parse()
            .map_err(|_| format!("{digits:?} is no number of a database")),
    }
}

fn parse_number(
    name: &str,
    text: &str,
    allowed: std::ops::RangeInclusive<u32>,
) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    let (least, most) = (allowed.start(), allowed.end());
    number.ok_or_else(|| format!("{name} is a number from {least} to {most}, not {text:?}"))
}

/// Plain names alone: braces would change where a Cluster places a key, and the store's name for the queue has `/`.
fn parse_stream(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
    if text.is_empty() || text.len() > MAX_NAME || !text.bytes().all(is_plain) {
        return Err(format!(
            "stream is a name of letters, digits and ._-: and of {MAX_NAME} bytes at most, not {text:?}"
        ));
    }
    Ok(text.to_owned())
}

fn decode(text: &str) -> Result<String, String> {
    percent_decode_str(text)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| "what stands before the host is not UTF-8 when it is decoded".to_owned())
}

fn list(addresses: &[Address]) -> String {
    let texts: Vec<String> = addresses.iter().map(Address::to_string).collect();
    texts.join(",")
}

/// Without who signs in.
impl fmt::Display for RedisLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.topology {
            Topology::Single(address) if self.tls.is_some() => write!(f, "rediss://{address}")?,
            Topology::Single(address) => write!(f, "redis://{address}")?,
            Topology::Sentinel { sentinels, master } => {
                write!(f, "redis+sentinel://{}/{master}", list(sentinels))?;
            }
            Topology::Cluster(seeds) => write!(f, "redis+cluster://{}", list(seeds))?,
        }
        if self.db != 0 {
            write!(f, "/{}", self.db)?;
        }
        write!(f, "?stream={}", self.stream)?;
        if self.partitions != 1 {
            write!(f, "&partitions={}", self.partitions)?;
        }
        if self.replicas != 0 {
            write!(f, "&replicas={}", self.replicas)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "../../../tests/queue/redis/location.rs"]
mod tests;
