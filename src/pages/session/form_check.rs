//! What a request must be to have its form read. All of it is decided from the head: a body is read only for those who
//! may send it.

use super::visitor::session;
use crate::endpoint::{SiteState, errors};
use crate::http::{Headers, Problem};
use crate::pages::state::PageState;
use crate::server::Request;

/// The longest form for signing in, in bytes.
const MAX_SIGN_IN: u64 = 16 << 10;

/// Whether a form comes from a page of this server, as the browser says: in `Sec-Fetch-Site`, which it sends over TLS and
/// to the machine itself (Fetch Metadata §2.4), or else in `Origin`.
///
/// # Errors
/// 403 where it comes from elsewhere, or the browser does not say.
fn check_origin(headers: &Headers<'_>) -> Result<(), Problem> {
    let is_own = match headers.get("Sec-Fetch-Site") {
        // `none`: the user's own doing, such as sending a form again.
        Some(site) => matches!(site, "same-origin" | "none"),
        None => headers.get("Origin").is_some_and(|origin| {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == headers.get("Host")
        }),
    };
    if is_own {
        Ok(())
    } else {
        Err(errors::foreign_form())
    }
}

/// Checks a request that signs in.
///
/// # Errors
/// 403 and 415 as for every form; 411 and 413 where the form is not as short as it should be.
pub fn check_sign_in(headers: &Headers<'_>) -> Result<(), Problem> {
    check_form(headers)?;
    let length = headers
        .get("Content-Length")
        .and_then(|length| length.parse().ok());
    match length {
        Some(0..=MAX_SIGN_IN) => Ok(()),
        Some(_) => Err(Problem::too_large(MAX_SIGN_IN)),
        None => Err(errors::length_required()),
    }
}

/// Checks a request that writes. A session that has ended will do to have the form read: its text is shown again.
///
/// # Errors
/// 401 without a session; 403 and 415 as for every form.
pub fn check_writing(
    pages: &PageState,
    state: &SiteState,
    request: &Request<'_>,
) -> Result<(), Problem> {
    check_form(&request.headers)?;
    match session(pages, state, request) {
        Some(_) => Ok(()),
        None => Err(errors::unauthorized(
            "you are not signed in; what you wrote is still in the form one page back",
        )),
    }
}

fn check_form(headers: &Headers<'_>) -> Result<(), Problem> {
    check_origin(headers)?;
    let content_type = headers.get("Content-Type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(())
    } else {
        Err(errors::no_form())
    }
}
