//! The JSON API: from a parsed request to a filled response.
//!
//! [`router`] says what a path names, [`dispatch`] which function answers it. Each endpoint looks up what it needs,
//! fills the response, and where it is a view leaves an event that goes to the counters once the response is written.
//!
//! This module must not know a socket, which database there is, or how views are counted.

mod compat;
mod correction;
mod dispatch;
mod embed;
mod health;
mod json_body;
mod listed_posts;
mod numbers;
mod openapi;
mod pagination;
mod post_body;
mod posts;
mod removed_hours;
mod router;
mod series;
mod site_views;
mod viewers;
mod views;

pub use dispatch::{Found, answer, plan};
pub use embed::draw_problem;
pub use router::{is_known, is_of_operators};

#[cfg(feature = "internals")]
pub use {pagination::next_address, series::SeriesQuery};
