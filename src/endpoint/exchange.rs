//! One request with the response being made for it: what an endpoint works on.

use std::sync::Arc;

use super::state::SiteState;
use crate::http::{Method, Response};
use crate::model::ViewEvent;
use crate::server::Request;
use crate::store::CachedPost;

/// See the module.
pub struct Exchange<'a> {
    pub state: &'a SiteState,
    pub request: &'a Request<'a>,
    /// The post the path names, where it is in memory.
    pub known: Option<Arc<CachedPost>>,
    pub response: &'a mut Response,
    /// What goes to the counters once the response is written.
    pub event: Option<ViewEvent>,
}

impl<'a> Exchange<'a> {
    /// An exchange that has no event yet.
    pub fn new(
        state: &'a SiteState,
        request: &'a Request<'a>,
        known: Option<Arc<CachedPost>>,
        response: &'a mut Response,
    ) -> Exchange<'a> {
        Exchange {
            state,
            request,
            known,
            response,
            event: None,
        }
    }

    /// The value of the first header field of that name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.request.headers.get(name)
    }

    /// The values of all header fields of that name as one list (RFC 9110 §5.3).
    pub fn header_list(&self, name: &str) -> Option<String> {
        let lists: Vec<&str> = self.request.headers.all(name).collect();
        (!lists.is_empty()).then(|| lists.join(", "))
    }

    pub fn method(&self) -> Method {
        self.request.method
    }

    /// The query of the request's target.
    pub fn query(&self) -> &'a str {
        self.request.target.query
    }
}
