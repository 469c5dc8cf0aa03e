//! What every request may use.

use std::sync::Arc;
use std::time::Duration;

use super::auth::Auth;
use super::gate::Gate;
use crate::counter::EventSink;
use crate::metrics::Metrics;
use crate::rules::ViewRules;
use crate::sink::SinkHealth;
use crate::store::{CachedStore, Rankings};

/// Bounds on one request.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body taken, in bytes.
    pub max_body: u64,
    /// How long a body may take to arrive.
    pub request_timeout: Duration,
}

/// Shared by all connection threads. Its parts are immutable or guard themselves.
pub struct Service {
    /// Posts and numbers.
    pub store: Arc<CachedStore>,
    /// Lists by period.
    pub rankings: Arc<Rankings>,
    /// Where events go.
    pub events: Arc<dyn EventSink>,
    /// Whether the store takes writes.
    pub health: Arc<SinkHealth>,
    /// What is a view, and whose.
    pub rules: ViewRules,
    /// Requests in flight.
    pub gate: Arc<Gate>,
    /// Who may write.
    pub auth: Auth,
    /// Bounds.
    pub limits: Limits,
    /// `Access-Control-Allow-Origin` of reads and beacons.
    pub cors_origin: String,
    /// Measurements.
    pub metrics: Arc<Metrics>,
}
