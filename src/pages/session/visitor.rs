//! Who looks at a page.

use super::cookie;
use super::sessions::Session;
use crate::clock;
use crate::endpoint::client::is_https;
use crate::endpoint::{Exchange, SiteState};
use crate::pages::state::PageState;
use crate::pages::text;
use crate::server::Request;

/// Who looks at a page that depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// Anybody.
    SignedOut {
        /// Where to sign in and come back.
        sign_in: String,
    },
    /// The owner of the token.
    SignedIn {
        /// What forms carry; see [`super::Sessions::form_token`].
        form_token: String,
    },
}

impl Visitor {
    /// Who sent a request.
    pub fn of(pages: &PageState, exchange: &Exchange<'_>) -> Visitor {
        let session = session(pages, exchange.state, exchange.request);
        match session.filter(|session| session.is_current(clock::now())) {
            Some(session) => Visitor::SignedIn {
                form_token: pages.sessions.form_token(&session),
            },
            None => Visitor::SignedOut {
                sign_in: format!(
                    "/sign-in?next={}",
                    text::encode(&exchange.request.target.to_string())
                ),
            },
        }
    }

    /// Whether it is the owner of the token.
    pub fn is_signed_in(&self) -> bool {
        matches!(self, Visitor::SignedIn { .. })
    }
}

/// The session whose cookie a request carries, also one that has ended.
pub fn session(pages: &PageState, state: &SiteState, request: &Request<'_>) -> Option<Session> {
    let field = request.headers.get_lossy("Cookie")?;
    pages
        .sessions
        .decode(cookie::read(&field, is_https(state, request))?)
}

/// Has the browser keep a session.
pub fn set_cookie(pages: &PageState, exchange: &mut Exchange<'_>, session: &Session) {
    write_cookie(exchange, &pages.sessions.encode(session));
}

/// Has the browser forget its session.
pub fn expire_cookie(exchange: &mut Exchange<'_>) {
    write_cookie(exchange, "");
}

fn write_cookie(exchange: &mut Exchange<'_>, value: &str) {
    let is_https = is_https(exchange.state, exchange.request);
    exchange
        .response
        .header("Set-Cookie", &cookie::write(value, is_https));
}
