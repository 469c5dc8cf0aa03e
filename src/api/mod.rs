//! The JSON API: from a parsed request to a filled response.
//!
//! [`router`] says what a path names, [`dispatch`] which function answers it. Each endpoint looks up what it needs,
//! fills the response, and where it is a view leaves an event that goes to the counters once the response is written.
//!
//! This module must not know a socket, which database there is, or how views are counted.

mod auth;
mod correction;
mod dispatch;
mod embed;
mod errors;
mod exchange;
mod health;
mod lookup;
mod numbers;
mod pagination;
mod parameters;
mod post_body;
mod posts;
mod record_view;
mod router;
mod series;
mod site_views;
mod state;
mod viewers;
mod views;

pub use auth::Auth;
pub use state::{ApiState, common_headers};

#[cfg(feature = "internals")]
pub use {
    pagination::{decode, encode, next_address},
    parameters::{count_is_false, limit, period},
    series::SeriesQuery,
};
