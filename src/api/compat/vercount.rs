//! vercount: a page is counted by what a `POST` says, and read by `GET`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::numbers::{PageNumbers, count, numbers_of};
use super::reply;
use crate::endpoint::Exchange;
use crate::http::{Method, Problem, query};

/// How an answer is written.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Version 1: the numbers.
    Bare,
    /// Version 2: the numbers in an object with how it went.
    Wrapped,
}

/// What is sent. Who is new is decided here.
#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    url: String,
}

/// `POST` counts, `GET ?url=` reads.
pub(super) fn log(exchange: &mut Exchange<'_>, shape: Shape) -> Result<(), Problem> {
    let counts = exchange.method() == Method::Post;
    let url = match counts {
        true => serde_json::from_slice(exchange.request.body)
            .map_or_else(|_| String::new(), |sent: Sent| sent.url),
        false => query::get(exchange.query(), "url")
            .unwrap_or_default()
            .into_owned(),
    };
    if url.is_empty() {
        let (message, code) = ("Missing url", 400);
        let wrong = match shape {
            Shape::Bare => json!({"error": message}),
            Shape::Wrapped => json!({"status": "error", "message": message, "code": code}),
        };
        reply::json(exchange, code, &wrong);
        return Ok(());
    }
    let found = match (url.contains("//"), counts) {
        (false, _) => None,
        (true, true) => count(exchange, &url, "")?,
        (true, false) => numbers_of(exchange.state, &url)?,
    };
    // An address that is none of ours is no error there.
    let message = match (found, counts) {
        (None, _) => "Not a page of this site",
        (Some(_), true) => "Data updated successfully",
        (Some(_), false) => "Data retrieved successfully",
    };
    let data = numbers(found.unwrap_or_default());
    let answer = match shape {
        Shape::Bare => data,
        Shape::Wrapped => json!({"status": "success", "message": message, "data": data}),
    };
    reply::json(exchange, 200, &answer);
    Ok(())
}

fn numbers(numbers: PageNumbers) -> Value {
    let PageNumbers {
        site_uv,
        site_pv,
        page_pv,
        ..
    } = numbers;
    json!({"site_uv": site_uv, "site_pv": site_pv, "page_pv": page_pv})
}
