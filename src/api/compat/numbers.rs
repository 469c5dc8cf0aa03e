//! The numbers that other counters show, and the one way in which their views are counted.

use std::sync::Arc;
use std::time::Instant;

use crate::endpoint::page::viewed_post;
use crate::endpoint::record_view::{record_dropped, record_judged};
use crate::endpoint::referrer::note_of_parameter;
use crate::endpoint::{Exchange, SiteState};
use crate::http::{Method, Problem};
use crate::model::{PageAddress, PostId, PostKey, SITE};
use crate::rules::is_local;
use crate::store::CachedPost;

/// Views and viewers of a page and of the site: what is counted, what is on its way, and the view that asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PageNumbers {
    pub(super) page_pv: i64,
    pub(super) page_uv: i64,
    pub(super) site_pv: i64,
    /// The sum of all pages' viewers.
    pub(super) site_uv: i64,
}

/// The page of an address. `None` for what is on no site, and for previews where no site is named.
pub(super) fn page_of(state: &SiteState, url: &str) -> Option<PageAddress> {
    let sites = &state.pages.sites;
    let page = sites.page(url).ok()?;
    (!sites.is_empty() || !is_local(page.host())).then_some(page)
}

/// Counts a view of a page, and answers its numbers with it; `None` where it is no page of ours. At most one view of a request
/// is counted.
pub(super) fn count(
    exchange: &mut Exchange<'_>,
    url: &str,
    title: &str,
) -> Result<Option<PageNumbers>, Problem> {
    let Some(page) = page_of(exchange.state, url) else {
        return Ok(None);
    };
    if exchange.event.is_some() || exchange.method() == Method::Head {
        return numbers_of(exchange.state, url);
    }
    let (post, judged) = viewed_post(exchange, &page, || Some(title.into()))?;
    let adds = judged.is_accepted();
    let Some(post) = post else {
        if !exchange.state.pages.sites.is_empty() {
            record_dropped(exchange, judged);
        }
        return Ok(None);
    };
    let outcome = record_judged(exchange, post.id, judged);
    note_of_parameter(exchange, post.id, outcome, "ref=");
    of_post(exchange.state, Some(&post), adds).map(Some)
}

/// The numbers of a page; `None` where it is no page of ours.
pub(super) fn numbers_of(state: &SiteState, url: &str) -> Result<Option<PageNumbers>, Problem> {
    let Some(page) = page_of(state, url) else {
        return Ok(None);
    };
    let post = find(state, &page)?;
    of_post(state, post.as_ref(), false).map(Some)
}

/// The views of a page; `None` where no post is known for it.
pub(super) fn views(state: &SiteState, url: &str) -> Result<Option<i64>, Problem> {
    let Some(page) = page_of(state, url) else {
        return Ok(None);
    };
    let post = find(state, &page)?;
    Ok(post.map(|post| shown(state, post.id, post.views(), false)))
}

/// The numbers of the site alone.
pub(super) fn of_site(state: &SiteState) -> Result<PageNumbers, Problem> {
    of_post(state, None, false)
}

/// The post of a page, if one is known.
pub(super) fn find(
    state: &SiteState,
    page: &PageAddress,
) -> Result<Option<Arc<CachedPost>>, Problem> {
    if state.pages.sites.is_empty() {
        return Ok(match page.slug() {
            Some(slug) => state.store.post(PostKey::Slug(&slug))?,
            None => None,
        });
    }
    if let Some(post) = state.store.cached(PostKey::Address(page.address())) {
        return Ok(Some(post));
    }
    Ok(match state.store.store().find_page(page)? {
        Some(id) => state.store.post(PostKey::Id(id))?,
        None => None,
    })
}

fn of_post(
    state: &SiteState,
    post: Option<&Arc<CachedPost>>,
    adds: bool,
) -> Result<PageNumbers, Problem> {
    let site = state.store.store().site_stats()?;
    let page_pv = post.map_or(0, |post| shown(state, post.id, post.views(), adds));
    let site_pv = shown(state, SITE, site.views, adds);
    // Who has viewed is known with the count only; whoever it is, it is somebody.
    Ok(PageNumbers {
        page_pv,
        page_uv: post.map_or(0, |post| post.viewers()).max(page_pv.min(1)),
        site_pv,
        site_uv: site.viewers.max(site_pv.min(1)),
    })
}

fn shown(state: &SiteState, post: PostId, counted: i64, adds: bool) -> i64 {
    let stalled = state.health.failure().is_some();
    state
        .pending
        .number(post, counted, adds, stalled, Instant::now())
}
