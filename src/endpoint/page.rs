//! From a page's address to its post.

use std::borrow::Cow;
use std::sync::Arc;

use super::errors;
use super::exchange::Exchange;
use super::record_view::{JudgedView, judge_view};
use super::state::SiteState;
use crate::clock;
use crate::http::Problem;
use crate::model::{NewPage, NoPage, PageAddress, PagePost, PostId, PostKey, PostRef, PostStats};
use crate::server::StoreUse;
use crate::store::CachedPost;

/// The longest a title may be, in characters.
const MAX_TITLE: usize = 500;

/// The page of an address on one of the sites.
///
/// # Errors
/// 422 for what is no address, 404 for one elsewhere.
pub fn page_of(state: &SiteState, url: &str) -> Result<PageAddress, Problem> {
    state.pages.sites.page(url).map_err(|why| match why {
        NoPage::NotAnAddress => errors::bad_parameter(
            "url",
            "the address of a page, such as https://example.org/2024/hello/",
        ),
        NoPage::Elsewhere => errors::page_elsewhere(),
    })
}

/// The post of a page where it is in memory, or else how the store is used to find or make it.
pub fn known_page(
    state: &SiteState,
    page: &PageAddress,
    is_view: bool,
) -> (Option<Arc<CachedPost>>, Option<StoreUse>) {
    let known = match state.pages.sites.is_empty() {
        true => match page.slug() {
            Some(slug) => state.store.cached(PostKey::Slug(&slug)),
            None => None,
        },
        false => state.store.cached(PostKey::Address(page.address())),
    };
    match known {
        Some(post) => (Some(post), None),
        // Not among those who read posts: anybody can ask for pages that nobody knows.
        None if is_view && !state.pages.sites.is_empty() => (None, Some(StoreUse::Write)),
        None => (None, Some(StoreUse::Read)),
    }
}

/// The post of a page that is read, and how the read is judged. A view makes the post where there is none and may be one;
/// `title` is then asked for its title. `None` where there is none: without sites none is made, and with them no more than so many
/// a day.
///
/// # Errors
/// The store's.
pub fn viewed_post<'t>(
    exchange: &Exchange<'_>,
    page: &PageAddress,
    title: impl FnOnce() -> Option<Cow<'t, str>>,
) -> Result<(Option<Arc<CachedPost>>, JudgedView), Problem> {
    let judged = judge_view(exchange);
    if let Some(post) = &exchange.known {
        return Ok((Some(Arc::clone(post)), judged));
    }
    let state = exchange.state;
    if state.pages.sites.is_empty() {
        let post = match page.slug() {
            Some(slug) => state.store.post(PostKey::Slug(&slug))?,
            None => None,
        };
        return Ok((post, judged));
    }
    if let Some(post) = state.store.post(PostKey::Address(page.address()))? {
        return Ok((Some(post), judged));
    }
    let found = match state.store.store().find_page(page)? {
        // Found without its address, it gets it.
        Some(_) if judged.is_accepted() => make(state, page, title)?,
        None if judged.is_accepted() && state.pages.may_make(clock::now()) => {
            make(state, page, title)?
        }
        found => found,
    };
    let post = match found {
        Some(id) => state.store.post(PostKey::Id(id))?,
        None => None,
    };
    Ok((post, judged))
}

/// The numbers of a page's post, as the store has them.
///
/// # Errors
/// The store's.
pub fn stored_numbers_of(
    state: &SiteState,
    page: &PageAddress,
) -> Result<Option<(PostRef, PostStats)>, Problem> {
    let store = state.store.store();
    if state.pages.sites.is_empty() {
        return Ok(match page.slug() {
            Some(slug) => store.tally(PostKey::Slug(&slug))?,
            None => None,
        });
    }
    match store.find_page(page)? {
        Some(id) => Ok(store.tally(PostKey::Id(id))?),
        None => Ok(None),
    }
}

/// The post of a page, made if there is none and one may be made.
fn make<'t>(
    state: &SiteState,
    page: &PageAddress,
    title: impl FnOnce() -> Option<Cow<'t, str>>,
) -> Result<Option<PostId>, Problem> {
    let at = clock::now();
    let title = title_of(title().as_deref().unwrap_or_default(), page);
    let new = NewPage {
        page,
        title: &title,
        at,
        most_a_day: Some(state.pages.most_a_day),
    };
    let made = state.store.store().make_page(&new)?;
    match made {
        PagePost::Joined(id) | PagePost::Made(id) => state.store.invalidate(id),
        PagePost::Full if state.pages.set_full(at) => {
            tracing::warn!(
                most = state.pages.most_a_day,
                "no more posts are made today for pages that are read first; their views are in the ledger as dropped, \
                 see --max-new-posts"
            );
        }
        PagePost::Found(_) | PagePost::Deleted | PagePost::Full => {}
    }
    Ok(made.id())
}

/// A title on one line, as long as one may be; without any, the page's name.
fn title_of(title: &str, page: &PageAddress) -> String {
    let words: Vec<&str> = title
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let words = match words.is_empty() {
        true => page.name().to_owned(),
        false => words.join(" "),
    };
    let cut: String = words.chars().take(MAX_TITLE).collect();
    cut.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line() {
        let page = PageAddress::parse("https://example.org/2024/hello").unwrap();
        assert_eq!(title_of(" Hello,\n\u{0}  world ", &page), "Hello, world");
        assert_eq!(title_of("\u{0}\t", &page), "hello");
        assert_eq!(title_of(&"a".repeat(600), &page).len(), 500);
    }
}
