//! What every request may use.

use std::sync::Arc;
use std::time::Duration;

use super::auth::Auth;
use super::page_posts::PagePosts;
use super::pending_views::PendingViews;
use crate::counter::EventSink;
use crate::metrics::Metrics;
use crate::model::CompatSystems;
use crate::rules::ViewRules;
use crate::sink::{QueueHealth, SinkHealth};
use crate::store::{CachedStore, Rankings};

/// Shared by all workers. Its parts are immutable or guard themselves.
pub struct SiteState {
    /// Posts and numbers.
    pub store: Arc<CachedStore>,
    /// Lists by period.
    pub rankings: Arc<Rankings>,
    /// Where events go.
    pub events: Arc<dyn EventSink>,
    /// Whether the store takes writes.
    pub health: Arc<SinkHealth>,
    /// How the queue does, if there is one.
    pub queue_health: Option<Arc<QueueHealth>>,
    /// What is a view, and whose.
    pub rules: ViewRules,
    /// Which pages are posts.
    pub pages: PagePosts,
    /// The counters whose protocols are answered.
    pub compat: CompatSystems,
    /// What their answers add to what is counted.
    pub pending: PendingViews,
    /// Who may write.
    pub auth: Auth,
    /// How long a request may wait for what is to survive this machine.
    pub request_timeout: Duration,
    /// Measurements.
    pub metrics: Arc<Metrics>,
    /// Whether it only counts what is on the queue, and serves nothing.
    pub only_counts: bool,
    /// What this process is called where several share the store.
    pub node: Option<String>,
}

/// The header lines of every response. `cors_origin`: the site whose pages may read, or `*` (Fetch standard, CORS
/// protocol).
pub fn common_headers(cors_origin: &str) -> String {
    let vary = if cors_origin == "*" {
        ""
    } else {
        "Vary: Origin\r\n"
    };
    format!(
        "Access-Control-Allow-Origin: {cors_origin}\r\n\
         Access-Control-Expose-Headers: View-Outcome, ETag, Link, Location\r\n\
         X-Content-Type-Options: nosniff\r\n{vary}"
    )
}
