//! The owner of the token in a browser, over bare sockets.

use crate::pages::negotiation::BROWSER;
use crate::support::http::TOKEN;
use crate::support::{Response, Server};

/// What a browser says of a form of a page of the server.
pub const OWN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Who is signed in, with the cookie.
pub struct Owner<'s> {
    pub server: &'s Server,
    pub cookie: String,
}

/// A form's body.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// Sends a form with just these header fields and what every form has; never with a token.
pub fn send_form(
    server: &Server,
    path: &str,
    headers: &[(&str, &str)],
    fields: &[(&str, &str)],
) -> Response {
    let mut all = vec![FORM, ("Accept", BROWSER)];
    all.extend_from_slice(headers);
    let body = encoded(fields);
    server
        .connect()
        .request_without_token("POST", path, &all, body.as_bytes())
}

/// The cookie that an answer sets, as it is sent back.
pub fn cookie_of(answer: &Response) -> String {
    let field = answer.header("Set-Cookie").expect("a cookie");
    field.split(';').next().expect("a pair").to_owned()
}

/// The value of a hidden field of a page.
pub fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("no field {name}: {page}"));
    rest.split('"').next().expect("a value").to_owned()
}

impl<'s> Owner<'s> {
    /// Signs in.
    pub fn of(server: &'s Server) -> Owner<'s> {
        let answer = send_form(server, "/sign-in", &[OWN], &[("token", TOKEN)]);
        assert_eq!(answer.status, 303, "{answer:?}");
        Owner {
            server,
            cookie: cookie_of(&answer),
        }
    }

    /// Asks for a page.
    pub fn page(&self, path: &str) -> Response {
        let headers = [("Accept", BROWSER), ("Cookie", self.cookie.as_str())];
        self.server
            .connect()
            .request_without_token("GET", path, &headers, b"")
    }

    /// Sends a form of one of the pages, with these fields and the form's own token.
    pub fn send(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let token = self.form_token();
        let mut all = vec![("form_token", token.as_str())];
        all.extend_from_slice(fields);
        self.send_bare(path, &all)
    }

    /// Sends a form with just these fields.
    pub fn send_bare(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        send_form(self.server, path, &[OWN, ("Cookie", &self.cookie)], fields)
    }

    /// What the forms of this session carry.
    pub fn form_token(&self) -> String {
        hidden(&self.page("/write").text(), "form_token")
    }
}
