//! Who may see numbers.

use super::session::Visitor;
use super::settings::Access;
use super::state::PageState;
use crate::endpoint::Exchange;
use crate::http::Problem;

/// Whether a request may see the numbers of the site.
///
/// # Errors
/// 401 where they are private, and it is of nobody signed in and carries no token.
pub fn check(pages: &PageState, exchange: &Exchange<'_>, visitor: &Visitor) -> Result<(), Problem> {
    match pages.settings.numbers {
        Access::Private if !visitor.is_signed_in() => {
            exchange.state.auth.check(&exchange.request.headers)
        }
        Access::Public | Access::Private => Ok(()),
    }
}

/// Whether a request may see who viewed a post.
pub fn may_see_viewers(exchange: &Exchange<'_>, visitor: &Visitor) -> bool {
    visitor.is_signed_in() || exchange.state.auth.allows(&exchange.request.headers)
}
