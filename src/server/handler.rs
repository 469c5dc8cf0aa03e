//! What the server calls to have a request answered.

use std::net::SocketAddr;

use crate::http::{Headers, Method, Problem, Response, Target};

/// A request: parsed, checked, and whole but for its body.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its method.
    pub method: Method,
    /// What it is about.
    pub target: Target<'a>,
    /// Its header fields.
    pub headers: Headers<'a>,
    /// The address at the other end of the connection.
    pub peer: SocketAddr,
    /// Whether the server drains: it is about to stop.
    pub draining: bool,
    /// Its body. Empty in [`Handler::plan`], and where the plan does not ask for it.
    pub body: &'a [u8],
}

/// How a request uses the store. Each use has slots of its own, so that none can starve the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreUse {
    /// Reads a few rows.
    Read,
    /// Reads many rows: searches and sums over the whole site.
    Scan,
    /// Writes.
    Write,
    /// Waits until an event survives this machine.
    Durable,
}

/// What answering a request takes, decided from its head alone.
#[derive(Debug)]
pub struct Plan<C> {
    /// The route's name, for metrics and the log.
    pub route: &'static str,
    /// How the store is used; `None` where the answer comes from memory.
    pub store: Option<StoreUse>,
    /// Whether the body is read.
    pub reads_body: bool,
    /// Whether it is answered even while the server drains.
    pub during_drain: bool,
    /// What the handler found out already.
    pub context: C,
}

impl<C> Plan<C> {
    /// The plan of a request that is answered from memory, and whose body nobody reads.
    pub fn at_once(route: &'static str, context: C) -> Plan<C> {
        Plan {
            route,
            store: None,
            reads_body: false,
            during_drain: false,
            context,
        }
    }

    /// The same plan with another context.
    pub fn map<D>(self, wrap: impl FnOnce(C) -> D) -> Plan<D> {
        Plan {
            route: self.route,
            store: self.store,
            reads_body: self.reads_body,
            during_drain: self.during_drain,
            context: wrap(self.context),
        }
    }
}

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// What [`Handler::plan`] hands to [`Handler::handle`].
    type Context<'r>;
    /// What is to be done once the response has been written.
    type Event: Send + 'static;

    /// Decides what answering takes. Must not wait, and is called again for a request that waited for the store.
    fn plan<'r>(&self, request: &Request<'r>) -> Plan<Self::Context<'r>>;

    /// Fills the response. May use the store exactly as planned.
    fn handle<'r>(
        &self,
        request: &Request<'r>,
        context: Self::Context<'r>,
        response: &mut Response,
    ) -> Option<Self::Event>;

    /// Writes a problem that keeps the request from being handled as the response.
    fn refuse(&self, request: &Request<'_>, problem: &Problem, response: &mut Response);

    /// Called after the whole response was handed to the kernel; never where that failed. Calls `before_block` before
    /// it waits for anything.
    fn after_write(&self, event: Self::Event, before_block: &mut dyn FnMut());
}
