//! Problems, told as a page to who prefers pages.

use askama::Template;

use super::assets;
use super::policy::{self, HTML};
use crate::http::{Problem, Response, accept};
use crate::server::Request;

#[derive(Template)]
#[template(path = "problem.html", config = "src/pages/askama.toml")]
struct ProblemPage<'a> {
    style: String,
    icon: String,
    status: u16,
    title: &'a str,
    detail: String,
}

/// Writes a problem as the response to a request.
pub fn write_problem(request: &Request<'_>, problem: &Problem, response: &mut Response) {
    if !accept::prefers_html(request.headers.all("Accept")) {
        problem.write(response);
        return;
    }
    let page = ProblemPage {
        style: assets::style(),
        icon: assets::icon(),
        status: problem.status(),
        title: problem.title(),
        detail: sentence(problem.detail()),
    };
    match page.render() {
        Ok(text) => {
            problem.start(response);
            policy::write(response);
            response.text(HTML, &text);
        }
        Err(_) => problem.write(response),
    }
}

/// A detail as a sentence: they begin in lower case and end without a period.
fn sentence(detail: &str) -> String {
    let mut signs = detail.chars();
    let first = signs.next().map(char::to_uppercase);
    let mut text: String = first.into_iter().flatten().chain(signs).collect();
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}
