//! Who may see numbers.

use super::settings::Access;
use super::state::PageState;
use crate::endpoint::Exchange;
use crate::http::Problem;

/// Whether the request may see the numbers of the site.
///
/// # Errors
/// 401 where they are private and it carries no token.
pub fn check(pages: &PageState, exchange: &Exchange<'_>) -> Result<(), Problem> {
    match pages.settings.numbers {
        Access::Public => Ok(()),
        Access::Private => exchange.state.auth.check(&exchange.request.headers),
    }
}
