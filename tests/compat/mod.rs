//! Other counters' protocols: as their own clients speak them, and byte by byte.

mod clients;
mod edges;
mod in_browser;
mod protocols;
mod static_sites;
mod storages;

use serde_json::Value;

use crate::support::{Home, Response, Server};

const PAGE: &str = "https://example.org/2024/hello/";

/// A server of one site that answers all protocols.
pub fn served(home: &Home) -> Server {
    home.serve()
        .flags(&[("--site", "https://example.org"), ("--compat", "all")])
        .start()
}

pub fn ask(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let body = body.as_bytes();
    server.connect().request(method, path, headers, body)
}

pub fn post(server: &Server, path: &str, body: &Value) -> Response {
    ask(server, "POST", path, &[], &body.to_string())
}

/// What stopped servers have counted: views, and all that was not.
pub fn ends_with(home: &Home, server: Server, views: i64, ledger: i64) {
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!((database.views(), database.ledger()), (views, ledger));
}
