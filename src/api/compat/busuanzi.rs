//! busuanzi: the original, whose script adds a script, and those that are hosted by oneself.

use serde_json::json;

use super::numbers::{PageNumbers, count, numbers_of, of_site};
use super::reply::{self, is_callback};
use crate::endpoint::{Exchange, errors};
use crate::http::{Method, Problem, query};

/// `GET /busuanzi?jsonpCallback=`: counts the page that asks, and calls back.
pub(super) fn original(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let callback = callback(exchange, "jsonpCallback")?;
    let PageNumbers {
        page_pv,
        site_pv,
        site_uv,
        ..
    } = of_referring_page(exchange)?;
    reply::script(
        exchange,
        &format!(
            "try{{{callback}({{\"site_uv\":{site_uv},\"page_pv\":{page_pv},\"version\":2.4,\"site_pv\":{site_pv}}});}}catch(e){{}}"
        ),
    );
    Ok(())
}

/// `GET /jsonp?callback=`, of the other line.
pub(super) fn jsonp(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let callback = callback(exchange, "callback")?;
    let PageNumbers {
        page_pv,
        page_uv,
        site_pv,
        site_uv,
    } = of_referring_page(exchange)?;
    reply::script(
        exchange,
        &format!(
            "try{{{callback}({{\"page_pv\":{page_pv},\"page_uv\":{page_uv},\"site_pv\":{site_pv},\"site_uv\":{site_uv}}});}}catch(e){{}}"
        ),
    );
    Ok(())
}

/// `/api` of the other line: `POST` counts and reads, `GET` reads, `PUT` counts.
pub(super) fn api(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let Some(url) = exchange
        .header("x-bsz-referer")
        .filter(|url| url.contains("//"))
    else {
        if exchange.method() == Method::Put {
            return Err(errors::bad_parameter(
                "x-bsz-referer",
                "the address of the page, as a header field",
            ));
        }
        let wrong = json!({"success": false, "message": "invalid referer", "data": {}});
        reply::json(exchange, 200, &wrong);
        return Ok(());
    };
    let found = match exchange.method() {
        Method::Post | Method::Put => count(exchange, url, "")?,
        _ => numbers_of(exchange.state, url)?,
    };
    if exchange.method() == Method::Put {
        reply::start(exchange, 204);
        return Ok(());
    }
    let PageNumbers {
        page_pv,
        page_uv,
        site_pv,
        site_uv,
    } = found.unwrap_or_default();
    let numbers =
        json!({"site_pv": site_pv, "site_uv": site_uv, "page_pv": page_pv, "page_uv": page_uv});
    let answer = json!({"success": true, "message": "ok", "data": numbers});
    reply::json(exchange, 200, &answer);
    Ok(())
}

fn callback(exchange: &Exchange<'_>, name: &str) -> Result<String, Problem> {
    let callback = query::get(exchange.query(), name).unwrap_or_default();
    match is_callback(&callback) {
        true => Ok(callback.into_owned()),
        false => Err(errors::malformed(format!(
            "{name} takes the name of a function: 1 to 64 letters, digits, _, $ and dots"
        ))),
    }
}

/// Counts the page that asks, by `url` or by its `Referer`. One that is cut to its origin, as most browsers do across sites,
/// may be of any page of the site: it counts none.
fn of_referring_page(exchange: &mut Exchange<'_>) -> Result<PageNumbers, Problem> {
    let named = query::get(exchange.query(), "url");
    let url = match &named {
        Some(url) => url.clone().into_owned(),
        None => exchange.header("Referer").unwrap_or_default().to_owned(),
    };
    if named.is_none() && is_origin(&url) {
        return match numbers_of(exchange.state, &url)? {
            Some(numbers) => Ok(PageNumbers {
                page_pv: 0,
                page_uv: 0,
                ..numbers
            }),
            None => Ok(PageNumbers::default()),
        };
    }
    let title = query::get(exchange.query(), "title").unwrap_or_default();
    match count(exchange, &url, &title)? {
        Some(numbers) => Ok(numbers),
        None if named.is_none() && url.is_empty() => of_site(exchange.state),
        None => Ok(PageNumbers::default()),
    }
}

/// Whether an address has no path but `/`.
fn is_origin(url: &str) -> bool {
    url.split_once("//")
        .is_some_and(|(_, rest)| rest.split_once('/').is_none_or(|(_, path)| path.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_referrer_without_a_path_is_an_origin() {
        assert!(is_origin("https://example.org/") && is_origin("https://example.org"));
        for page in ["https://example.org/a", "https://example.org/?a", "", "/a"] {
            assert!(!is_origin(page), "{page}");
        }
    }
}
