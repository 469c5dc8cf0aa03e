//! LeanCloud's storage, as far as themes count in it: objects of the class `Counter`, one a page, whose field `time` they
//! increment.
//!
//! An object's id is made of its page's address, so that an object can be told of before its page has a post. Only increments
//! by one, and the creation with a time of one, are views. What a theme keeps for the whole site follows from its pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::numbers::{count, of_site, page_of, views};
use super::reply;
use super::router::OBJECT;
use crate::clock;
use crate::endpoint::{Exchange, SiteState};
use crate::http::{Problem, query};

/// Pages or requests at once, at most.
const MANY: usize = 500;

/// The code of LeanCloud for what does not exist.
const NOT_FOUND: u16 = 101;
/// Its code for what is not understood.
const INVALID: u16 = 107;

/// The counters of the whole site that Fluid keeps.
const SITE_VIEWS: &str = "site-pv";
const SITE_VIEWERS: &str = "site-uv";

/// `GET /1.1/classes/Counter?where=`: by `url`, by one of several, or by `target`.
pub(super) fn query(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let text = query::get(exchange.query(), "where").unwrap_or_default();
    let wanted: Value = serde_json::from_str(&text).unwrap_or_default();
    let field = if wanted.get("target").is_some() {
        "target"
    } else {
        "url"
    };
    let names: Vec<&str> = match &wanted[field] {
        Value::String(name) => vec![name],
        Value::Object(condition) => match condition.get("$in").and_then(Value::as_array) {
            Some(names) => names.iter().filter_map(Value::as_str).collect(),
            None => vec![],
        },
        _ => vec![],
    };
    if names.len() > MANY {
        return refuse(exchange, 400, INVALID, "up to 500 counters at once");
    }
    let mut results = Vec::new();
    for name in names {
        if let Some(time) = time_of(exchange.state, name)? {
            results.push(json!({"objectId": object_id(name), field: name, "time": time}));
        }
    }
    reply::json(exchange, 200, &json!({"results": results}));
    Ok(())
}

/// `POST /1.1/classes/Counter`: with `time` 1, the page's first view.
pub(super) fn create(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let Ok(sent) = serde_json::from_slice::<Value>(exchange.request.body) else {
        return refuse(exchange, 400, INVALID, "malformed JSON");
    };
    let name = [&sent["url"], &sent["target"]];
    let Some(name) = name.into_iter().find_map(Value::as_str) else {
        return refuse(exchange, 400, INVALID, "a counter has an url or a target");
    };
    let time = match sent["time"].as_i64() {
        Some(1) if !is_of_site(name) => {
            let title = sent["title"].as_str().unwrap_or_default();
            count(exchange, name, title)?.map_or(0, |numbers| numbers.page_pv)
        }
        _ => time_of(exchange.state, name)?.unwrap_or(0),
    };
    let now = clock::now().to_string();
    let made = json!({"objectId": object_id(name), "time": time, "createdAt": now});
    reply::json(exchange, 201, &made);
    Ok(())
}

/// `PUT /1.1/classes/Counter/{object}`.
pub(super) fn update(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let id = exchange.request.target.path.strip_prefix(OBJECT);
    let body = serde_json::from_slice::<Value>(exchange.request.body).unwrap_or_default();
    match increment(exchange, id.unwrap_or_default(), &body)? {
        Ok(done) => reply::json(exchange, 200, &done),
        Err((code, why)) => return refuse(exchange, 400, code, why),
    }
    Ok(())
}

/// `POST /1.1/batch`: several of these at once.
pub(super) fn batch(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let sent = serde_json::from_slice::<Value>(exchange.request.body).unwrap_or_default();
    let Some(requests) = sent["requests"].as_array().filter(|all| all.len() <= MANY) else {
        return refuse(exchange, 400, INVALID, "a batch has up to 500 requests");
    };
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        let path = request["path"].as_str().unwrap_or_default();
        let id = path.strip_prefix(OBJECT).unwrap_or_default();
        let is_update = request["method"] == "PUT" && !id.is_empty();
        let done = match is_update {
            true => increment(exchange, id, &request["body"])?,
            false => Err((INVALID, "only counters are changed here")),
        };
        answers.push(match done {
            Ok(done) => json!({"success": done}),
            Err((code, why)) => json!({"error": {"code": code, "error": why}}),
        });
    }
    reply::json(exchange, 200, &answers);
    Ok(())
}

/// Increments a counter by one; else a code and what is wrong.
fn increment(
    exchange: &mut Exchange<'_>,
    id: &str,
    body: &Value,
) -> Result<Result<Value, (u16, &'static str)>, Problem> {
    let Some(name) = name_of(id) else {
        return Ok(Err((NOT_FOUND, "there is no such counter")));
    };
    let is_one = body["time"]["__op"] == "Increment" && body["time"]["amount"] == 1;
    if !is_one {
        return Ok(Err((INVALID, "a counter goes up by one and no other way")));
    }
    let time = match is_of_site(&name) {
        true => time_of(exchange.state, &name)?,
        false => count(exchange, &name, "")?.map(|numbers| numbers.page_pv),
    };
    Ok(match time {
        Some(time) => {
            Ok(json!({"objectId": id, "time": time, "updatedAt": clock::now().to_string()}))
        }
        None => Err((NOT_FOUND, "the counter is of no page of this site")),
    })
}

/// A counter's number; `None` where there is none.
fn time_of(state: &SiteState, name: &str) -> Result<Option<i64>, Problem> {
    match name {
        SITE_VIEWS => Ok(Some(of_site(state)?.site_pv)),
        SITE_VIEWERS => Ok(Some(of_site(state)?.site_uv)),
        name if page_of(state, name).is_none() => Ok(None),
        name => views(state, name),
    }
}

fn is_of_site(name: &str) -> bool {
    [SITE_VIEWS, SITE_VIEWERS].contains(&name)
}

fn object_id(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(name)
}

fn name_of(id: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()
}

fn refuse(exchange: &mut Exchange<'_>, status: u16, code: u16, why: &str) -> Result<(), Problem> {
    reply::json(exchange, status, &json!({"code": code, "error": why}));
    Ok(())
}
