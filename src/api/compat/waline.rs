//! Waline's counter of views. Of its reactions nothing is kept: they are 0.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::numbers::{count, views};
use super::reply;
use crate::endpoint::Exchange;
use crate::http::{Method, Problem, query};

/// Pages asked for at once, at most.
const MANY: usize = 500;

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `/article`: the number, or the numbers.
    Bare,
    /// `/api/article`: in an object with how it went.
    Wrapped,
}

/// What is sent.
#[derive(Deserialize)]
struct Sent {
    path: String,
    #[serde(rename = "type", default = "time")]
    kind: String,
    #[serde(default = "inc")]
    action: String,
}

fn time() -> String {
    "time".to_owned()
}

fn inc() -> String {
    "inc".to_owned()
}

/// `GET` reads pages in the order asked, `POST` counts one.
pub(super) fn article(exchange: &mut Exchange<'_>, shape: Shape) -> Result<(), Problem> {
    match exchange.method() {
        Method::Post => update(exchange, shape),
        _ => read(exchange, shape),
    }
}

fn read(exchange: &mut Exchange<'_>, shape: Shape) -> Result<(), Problem> {
    let paths = query::get(exchange.query(), "path").unwrap_or_default();
    let kinds = query::get(exchange.query(), "type").unwrap_or("time".into());
    let paths: Vec<&str> = paths.split(',').filter(|path| !path.is_empty()).collect();
    let kinds: Vec<&str> = kinds.split(',').filter(|kind| !kind.is_empty()).collect();
    if paths.len() > MANY || kinds.len() > MANY {
        return refuse(exchange, "up to 500 paths at once");
    }
    let mut items = Vec::with_capacity(paths.len());
    for path in &paths {
        let views = views(exchange.state, path)?.unwrap_or(0);
        let number = |kind: &&str| if *kind == "time" { views } else { 0 };
        items.push(match (shape, kinds.as_slice()) {
            (Shape::Bare, [kind]) => json!(number(kind)),
            _ => {
                let fields = kinds
                    .iter()
                    .map(|kind| ((*kind).to_owned(), json!(number(kind))));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        });
    }
    let answer = match (shape, items.len()) {
        (Shape::Wrapped, _) => json!({"errno": 0, "errmsg": "", "data": items}),
        (Shape::Bare, 1) => items.remove(0),
        (Shape::Bare, _) => json!(items),
    };
    reply::json(exchange, 200, &answer);
    Ok(())
}

fn update(exchange: &mut Exchange<'_>, shape: Shape) -> Result<(), Problem> {
    let Ok(sent) = serde_json::from_slice::<Sent>(exchange.request.body) else {
        return refuse(exchange, "send path, type and action as JSON");
    };
    if sent.kind != "time" || sent.action != "inc" {
        return refuse(exchange, "only views are counted, and only up");
    }
    let Some(numbers) = count(exchange, &sent.path, "")? else {
        return refuse(exchange, "the path is of no page of this site");
    };
    let time = numbers.page_pv;
    let answer = match shape {
        Shape::Wrapped => json!({"errno": 0, "errmsg": "", "data": [{"time": time}]}),
        Shape::Bare => json!(time),
    };
    reply::json(exchange, 200, &answer);
    Ok(())
}

/// As its server does: an error is no status.
fn refuse(exchange: &mut Exchange<'_>, why: &str) -> Result<(), Problem> {
    reply::json(exchange, 200, &json!({"errno": 1000, "errmsg": why}));
    Ok(())
}
