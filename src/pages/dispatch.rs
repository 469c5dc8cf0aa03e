//! From a page's path to what shows it.

use super::found::Found;
use super::numbers::{dashboard, live, post_stats};
use super::router::{self, Page};
use super::settings::PageSettings;
use super::state::PageState;
use super::{assets, feed, post_index, post_page, sitemap};
use crate::endpoint::{Exchange, PostQuery, SiteState, errors, lookup};
use crate::http::{Method, Problem, Response};
use crate::model::ViewEvent;
use crate::server::{Plan, Request, StoreUse};

/// The methods of every page.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// All pages.
pub struct Pages(PageState);

impl Pages {
    /// Pages with these settings.
    pub fn new(settings: PageSettings) -> Pages {
        Pages(PageState::new(settings))
    }

    /// Decides what showing the page takes that a request asks for. `None` where it asks for no page.
    pub fn plan<'r>(&self, state: &SiteState, request: &Request<'r>) -> Option<Plan<Found<'r>>> {
        let page = router::find(request)?;
        let refusal = check(request).err();
        let mut found = Found {
            page,
            known: None,
            rendered: None,
            refusal,
        };
        let is_read = matches!(request.method, Method::Get | Method::Head);
        let store = match page {
            _ if found.refusal.is_some() || !is_read => None,
            Page::Index => Some(PostQuery::store_use(request.target.query)),
            Page::Post(name) => {
                let (known, store) = lookup::known_post(state, name);
                let rendered = known
                    .as_ref()
                    .and_then(|post| post.page(state.store.edits()));
                let is_known = known.is_some();
                found.known = known;
                found.rendered = rendered;
                match &found.rendered {
                    None if is_known => Some(StoreUse::Read),
                    _ => store,
                }
            }
            Page::Feed => Some(StoreUse::Read),
            Page::Sitemap | Page::SitemapPart(_) => Some(StoreUse::Scan),
            Page::Dashboard => Some(PostQuery::store_use(request.target.query)),
            Page::Stats(_) => Some(StoreUse::Read),
            Page::Robots | Page::Asset(_) | Page::Live => None,
        };
        Some(Plan {
            route: page.route(),
            store,
            reads_body: false,
            during_drain: false,
            context: found,
        })
    }

    /// Fills the response; returns what goes to the counters once it is written.
    ///
    /// # Errors
    /// What is answered instead.
    pub fn answer(
        &self,
        state: &SiteState,
        request: &Request<'_>,
        found: Found<'_>,
        response: &mut Response,
    ) -> Result<Option<ViewEvent>, Problem> {
        if let Some(problem) = found.refusal {
            return Err(problem);
        }
        let mut exchange = Exchange::new(state, request, found.known, response);
        if request.method == Method::Options {
            exchange.response.start(204);
            exchange.response.header("Allow", METHODS);
            return Ok(None);
        }
        match found.page {
            Page::Index => post_index::show(&self.0, &mut exchange),
            Page::Post(name) => post_page::show(&self.0, &mut exchange, name, found.rendered),
            Page::Feed => feed::get(&self.0, &mut exchange),
            Page::Sitemap => sitemap::get(&mut exchange),
            Page::SitemapPart(number) => sitemap::part(&mut exchange, number),
            Page::Robots => sitemap::robots(&mut exchange),
            Page::Dashboard => dashboard::show(&self.0, &mut exchange),
            Page::Stats(name) => post_stats::show(&self.0, &mut exchange, name),
            Page::Live => live::get(&self.0, &mut exchange),
            Page::Asset(name) => assets::get(&mut exchange, name),
        }?;
        Ok(exchange.event)
    }
}

fn check(request: &Request<'_>) -> Result<(), Problem> {
    match request.method {
        Method::Get | Method::Head | Method::Options => Ok(()),
        _ => Err(errors::method_not_allowed(METHODS.to_owned())),
    }
}
