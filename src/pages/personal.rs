//! Pages that depend on who looks at them.

use askama::Template;

use super::layout::Layout;
use super::policy::{self, HTML};
use super::session::{Visitor, session, set_cookie};
use super::state::PageState;
use crate::clock;
use crate::endpoint::Exchange;
use crate::http::Problem;

/// A page to be answered with.
pub struct PersonalPage<'a> {
    /// Its status.
    pub status: u16,
    /// Who looks at it.
    pub visitor: &'a Visitor,
    /// Whether it shows images of authors.
    pub has_images: bool,
    /// Its text.
    pub html: &'a str,
}

/// Answers with a page. What only its owner may see is kept nowhere on the way. Renews the session in time.
pub fn write(pages: &PageState, exchange: &mut Exchange<'_>, page: &PersonalPage<'_>) {
    exchange.response.start(page.status);
    // An answer to a form holds its text.
    let is_kept = page.status == 200 && !page.visitor.is_signed_in();
    exchange.response.lines(if is_kept {
        "Cache-Control: private, no-cache\r\nVary: Cookie\r\n"
    } else {
        "Cache-Control: private, no-store\r\nVary: Cookie\r\n"
    });
    if page.status == 401 {
        // RFC 9110 §15.5.2 wants a challenge.
        exchange.response.lines("WWW-Authenticate: Bearer\r\n");
    }
    let now = clock::now();
    let session = session(pages, exchange.state, exchange.request);
    if let Some(session) =
        session.filter(|session| session.is_current(now) && session.needs_renewal(now))
    {
        set_cookie(pages, exchange, &session.renewed(now));
    }
    if page.has_images {
        policy::write_with_images(exchange.response);
    } else {
        policy::write(exchange.response);
    }
    exchange.response.text(HTML, page.html);
}

/// Answers with a page of numbers.
///
/// # Errors
/// One that its template has.
pub fn show(
    pages: &PageState,
    exchange: &mut Exchange<'_>,
    visitor: &Visitor,
    page: &impl Template,
) -> Result<(), Problem> {
    let html = page.render().map_err(|_| Problem::internal())?;
    let page = PersonalPage {
        status: 200,
        visitor,
        has_images: false,
        html: &html,
    };
    write(pages, exchange, &page);
    Ok(())
}

/// The frame of a page on the host that a request names.
pub fn layout(exchange: &Exchange<'_>, visitor: &Visitor) -> Layout {
    let mut layout = Layout::new(exchange.header("Host").unwrap_or_default());
    match visitor {
        Visitor::SignedOut { sign_in } => layout.sign_in = Some(sign_in.clone()),
        Visitor::SignedIn { form_token } => layout.form_token = Some(form_token.clone()),
    }
    layout
}
