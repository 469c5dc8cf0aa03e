//! Signing in with the token, and out again.

use std::time::Duration;

use askama::Template;

use super::form::{Form, see_other};
use crate::clock;
use crate::endpoint::client::client_addr;
use crate::endpoint::{Exchange, errors};
use crate::http::{Problem, query};
use crate::pages::layout::Layout;
use crate::pages::policy::{self, HTML};
use crate::pages::session::{Session, expire_cookie, session, set_cookie};
use crate::pages::state::PageState;

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/pages/askama.toml")]
struct SignInPage<'a> {
    layout: Layout,
    /// Where to go on.
    next: &'a str,
    /// Why it is asked again.
    refusal: Option<String>,
    /// Whether a link of another site led here, with which browsers send no cookie.
    is_from_elsewhere: bool,
}

/// Shows the form.
pub fn show(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let next = query::get(exchange.query(), "next").unwrap_or_default();
    write(exchange, 200, own_path(&next), None)
}

/// Shows the form in place of a page that needs it, and comes back to that page.
pub fn ask(exchange: &mut Exchange<'_>, refusal: &Problem) -> Result<(), Problem> {
    let next = exchange.request.target.to_string();
    refusal.start(exchange.response);
    render(exchange, own_path(&next), None)
}

/// Takes the form: the right token begins a session.
pub fn post(pages: &PageState, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let form = Form::parse(exchange.request.body);
    let next = own_path(form.get("next"));
    let client = client_addr(exchange.state, exchange.request);
    // Who has had a session with this token need not guess it, and is not kept out by who does behind the same address.
    let guesses = session(pages, exchange.state, exchange.request).is_none();
    if guesses && let Err(wait) = pages.guesses.take(client) {
        return refuse_for_now(exchange, next, wait);
    }
    if !exchange.state.auth.is_token(form.get("token").trim()) {
        tracing::warn!("a wrong token was given to sign in");
        let problem = errors::unauthorized("the token is not right");
        problem.start(exchange.response);
        let refusal = "That is not the token. The server’s start says in which file it is.";
        return render(exchange, next, Some(refusal.to_owned()));
    }
    if guesses {
        pages.guesses.give_back(client);
    }
    let session = begin(pages, exchange)?;
    see_other(exchange, next);
    set_cookie(pages, exchange, &session);
    Ok(())
}

/// Has the browser forget the session.
pub fn sign_out(pages: &PageState, exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let form = Form::parse(exchange.request.body);
    let session = session(pages, exchange.state, exchange.request);
    if session.is_some_and(|session| {
        pages
            .sessions
            .is_form_token(&session, form.get("form_token"))
    }) {
        see_other(exchange, "/posts");
        expire_cookie(exchange);
        Ok(())
    } else {
        Err(errors::foreign_form())
    }
}

/// A session: where the browser still has one that has ended, that one goes on, and forms that are open stay good.
fn begin(pages: &PageState, exchange: &Exchange<'_>) -> Result<Session, Problem> {
    let now = clock::now();
    match session(pages, exchange.state, exchange.request) {
        Some(session) => Ok(session.renewed(now)),
        None => pages.sessions.begin(now).map_err(|error| {
            tracing::error!(%error, "no random bytes for a session");
            Problem::internal()
        }),
    }
}

fn refuse_for_now(exchange: &mut Exchange<'_>, next: &str, wait: Duration) -> Result<(), Problem> {
    let seconds = wait.as_secs_f64().ceil();
    let problem = Problem::new(429, "Too many requests", "too many wrong tokens")
        .with("Retry-After", seconds.to_string());
    problem.start(exchange.response);
    let unit = if seconds > 1.0 { "seconds" } else { "second" };
    let refusal =
        format!("Too many wrong tokens came from your address. Try again in {seconds} {unit}.");
    render(exchange, next, Some(refusal))
}

fn write(
    exchange: &mut Exchange<'_>,
    status: u16,
    next: &str,
    refusal: Option<String>,
) -> Result<(), Problem> {
    exchange.response.start(status);
    exchange.response.lines("Cache-Control: no-store\r\n");
    render(exchange, next, refusal)
}

fn render(exchange: &mut Exchange<'_>, next: &str, refusal: Option<String>) -> Result<(), Problem> {
    let page = SignInPage {
        layout: Layout::new(exchange.header("Host").unwrap_or_default()),
        next,
        refusal,
        is_from_elsewhere: exchange.header("Sec-Fetch-Site") == Some("cross-site"),
    };
    let html = page.render().map_err(|_| Problem::internal())?;
    policy::write(exchange.response);
    exchange.response.text(HTML, &html);
    Ok(())
}

/// A path of this server and no other address, whatever was asked for: browsers take `//host`, `/\host`, and both with
/// tabs or line ends in them, for another server (URL standard, §4.4).
fn own_path(next: &str) -> &str {
    let is_plain = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_plain && next.starts_with('/') && !next.starts_with("//") {
        next
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_stays_here() {
        for own in ["/", "/write", "/posts/a%20b/stats?period=7d&x=//y"] {
            assert_eq!(own_path(own), own);
        }
        for other in [
            "",
            "write",
            "//host",
            "/\\host",
            "\\\\host",
            "/\t/host",
            "/\n/host",
            " /write",
            "https://host/",
            "javascript:alert(1)",
            "/posts/한",
        ] {
            assert_eq!(own_path(other), "/", "{other:?}");
        }
    }
}
