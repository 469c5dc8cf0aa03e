//! Where an instance is reached.

use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;

/// The superuser of every instance; no password is asked for.
pub const USER: &str = "viewtally";

/// The address of a database on a port of loopback.
pub fn url(port: u16, database: &str) -> String {
    format!("postgres://{USER}@127.0.0.1:{port}/{database}")
}

/// A port below those that the system gives to connections, so that none of these takes it during a restart.
pub fn free_port() -> u16 {
    loop {
        let random = RandomState::new().hash_one(std::process::id());
        let port = 20_000 + u16::try_from(random % 12_000).expect("less than that");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
