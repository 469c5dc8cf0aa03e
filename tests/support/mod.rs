//! What every test stands on: a server to start, a client to ask it with, a load to put on it, its database to read.

pub mod attack;
pub mod axe;
pub mod browser;
pub mod clock;
pub mod db;
pub mod home;
pub mod http;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "kafka")]
pub mod kafka_proxy;
pub mod launch;
pub mod load;
pub mod lock;
#[cfg(feature = "sqs")]
pub mod moto;
pub mod page;
pub mod postgres;
pub mod problem;
pub mod process;
pub mod proxy;
pub mod raw;
#[cfg(feature = "redis")]
pub mod redis_server;
#[cfg(any(feature = "redis", feature = "sqs"))]
pub mod reply_cutter;
pub mod requirement;
pub mod seed;
pub mod server;
pub mod site;
pub mod small_disk;
pub mod wait;
pub mod wire;

pub use db::Database;
pub use home::Home;
pub use http::{Client, Response};
pub use load::{Load, LoadResult};
pub use lock::Lock;
pub use problem::{assert_no_internals, assert_problem};
pub use process::{Finished, Signal};
pub use requirement::{is_root, missing};
pub use server::Server;
pub use wait::{WAIT_LIMIT, let_pass, twice, until, until_within};
