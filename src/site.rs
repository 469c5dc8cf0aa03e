//! The whole site as one handler: a request goes to the pages where it names one or prefers one, and otherwise to the
//! API; a problem is told as a page to those who prefer that.

use crate::api;
use crate::counter::Recorded;
use crate::endpoint::{SiteState, errors};
use crate::http::{Problem, Response, coding};
use crate::pages::{self, Pages};
use crate::server::{Handler, Plan, Request};

/// Answers every request.
pub struct Site {
    state: SiteState,
    pages: Pages,
}

/// Who answers, with what planning found out.
pub enum Found<'r> {
    /// The API.
    Api(api::Found<'r>),
    /// A page.
    Page(pages::Found<'r>),
    /// Nobody here: this node only counts.
    Elsewhere,
    /// Nobody: what is asked for is at this path, which has no slash at its end.
    Moved(&'r str),
}

impl Site {
    /// A site with this state and these pages.
    pub fn new(state: SiteState, pages: Pages) -> Site {
        Site { state, pages }
    }
}

impl Handler for Site {
    type Context<'r> = Found<'r>;
    type Event = Recorded;

    fn plan<'r>(&self, request: &Request<'r>) -> Plan<Found<'r>> {
        if self.state.only_counts && !api::is_of_operators(request.target.path) {
            return Plan::at_once("elsewhere", Found::Elsewhere);
        }
        if let Some(path) = without_slash(request.target.path) {
            return Plan::at_once("moved", Found::Moved(path));
        }
        match self.pages.plan(&self.state, request) {
            Some(plan) => plan.map(Found::Page),
            None => api::plan(&self.state, request).map(Found::Api),
        }
    }

    fn handle<'r>(
        &self,
        request: &Request<'r>,
        found: Found<'r>,
        response: &mut Response,
    ) -> Option<Recorded> {
        let answered = match found {
            Found::Api(found) => api::answer(&self.state, request, found, response),
            Found::Page(found) => self.pages.answer(&self.state, request, found, response),
            Found::Elsewhere => Err(errors::only_counts()),
            Found::Moved(path) => Err(errors::moved(path, request.target.query)),
        };
        let event = match answered {
            Ok(event) => event.map(|event| self.state.events.record(event)),
            Err(problem) => {
                self.refuse(request, &problem, response);
                None
            }
        };
        if response.may_be_encoded() {
            let takes_gzip = coding::accepts_gzip(request.headers.all("Accept-Encoding"));
            response.encode(takes_gzip);
        }
        event
    }

    fn refuse(&self, request: &Request<'_>, problem: &Problem, response: &mut Response) {
        if !api::draw_problem(request, problem, response) {
            pages::write_problem(request, problem, response);
        }
    }

    fn after_write(&self, event: Recorded, before_block: &mut dyn FnMut()) {
        self.state.events.send(event, before_block);
    }
}

/// The path of an endpoint or a page that is asked for with slashes at its end.
fn without_slash(path: &str) -> Option<&str> {
    let shorter = path.strip_suffix('/')?.trim_end_matches('/');
    (api::is_known(shorter) || pages::is_known(shorter)).then_some(shorter)
}
