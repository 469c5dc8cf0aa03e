//! From a page's path to what shows it.

use super::found::Found;
use super::numbers::{dashboard, live, post_stats};
use super::router::{self, Page};
use super::settings::PageSettings;
use super::state::PageState;
use super::writing::{edit, removal, sign_in};
use super::{assets, feed, post_index, post_page, session, sitemap};
use crate::endpoint::{Auth, Exchange, PostQuery, SiteState, errors, lookup};
use crate::http::{Method, Problem, Response, accept};
use crate::model::ViewEvent;
use crate::server::{Plan, Request, StoreUse};

/// All pages.
pub struct Pages(PageState);

impl Pages {
    /// Pages with these settings, where whom `auth` admits can sign in.
    pub fn new(settings: PageSettings, auth: &Auth) -> Pages {
        Pages(PageState::new(settings, auth))
    }

    /// Decides what showing the page takes that a request asks for. `None` where it asks for no page.
    pub fn plan<'r>(&self, state: &SiteState, request: &Request<'r>) -> Option<Plan<Found<'r>>> {
        let page = router::find(request)?;
        let refusal = check(&self.0, state, request, page).err();
        let mut found = Found {
            page,
            known: None,
            rendered: None,
            refusal,
        };
        let reads_body = request.method == Method::Post && found.refusal.is_none();
        let store = match page {
            _ if found.refusal.is_some() || request.method == Method::Options => None,
            Page::Stats(_) | Page::Write | Page::WritePost(_) if reads_body => {
                Some(StoreUse::Write)
            }
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
            Page::Stats(_) | Page::Write | Page::WritePost(_) => Some(StoreUse::Read),
            Page::Robots | Page::Asset(_) | Page::Live | Page::SignIn | Page::SignOut => None,
        };
        Some(Plan {
            route: page.route(),
            store,
            reads_body,
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
            exchange.response.header("Allow", found.page.methods());
            return Ok(None);
        }
        let is_form = request.method == Method::Post;
        let answered = match found.page {
            Page::Index => post_index::show(&self.0, &mut exchange),
            Page::Post(name) => post_page::show(&self.0, &mut exchange, name, found.rendered),
            Page::Feed => feed::get(&self.0, &mut exchange),
            Page::Sitemap => sitemap::get(&mut exchange),
            Page::SitemapPart(number) => sitemap::part(&mut exchange, number),
            Page::Robots => sitemap::robots(&mut exchange),
            Page::Dashboard => dashboard::show(&self.0, &mut exchange),
            Page::Stats(name) if is_form => removal::post(&self.0, &mut exchange, name),
            Page::Stats(name) => post_stats::show(&self.0, &mut exchange, name),
            Page::Live => live::get(&self.0, &mut exchange),
            Page::SignIn if is_form => sign_in::post(&self.0, &mut exchange),
            Page::SignIn => sign_in::show(&mut exchange),
            Page::SignOut => sign_in::sign_out(&self.0, &mut exchange),
            Page::Write if is_form => edit::post(&self.0, &mut exchange, None),
            Page::Write => edit::show(&self.0, &mut exchange, None),
            Page::WritePost(name) if is_form => edit::post(&self.0, &mut exchange, Some(name)),
            Page::WritePost(name) => edit::show(&self.0, &mut exchange, Some(name)),
            Page::Asset(name) => assets::get(&mut exchange, name),
        };
        match answered {
            // Who may not see a page is asked for the token in its place.
            Err(refusal) if refusal.status() == 401 && !is_form && prefers_html(request) => {
                sign_in::ask(&mut exchange, &refusal)?;
            }
            answered => answered?,
        }
        Ok(exchange.event)
    }
}

/// What the request's head alone decides; a form is read only from who may send it.
fn check(
    pages: &PageState,
    state: &SiteState,
    request: &Request<'_>,
    page: Page<'_>,
) -> Result<(), Problem> {
    match (request.method, page) {
        (method, _) if !page.allows(method) => {
            Err(errors::method_not_allowed(page.methods().to_owned()))
        }
        (Method::Post, Page::SignIn) => session::check_sign_in(&request.headers),
        (Method::Post, _) => session::check_writing(pages, state, request),
        _ => Ok(()),
    }
}

fn prefers_html(request: &Request<'_>) -> bool {
    accept::prefers_html(request.headers.all("Accept"))
}
