//! Pages for people, over bare sockets and in a real browser.

mod accessible;
mod dashboard;
mod dashboard_in_browser;
mod errors;
mod feeds;
pub mod hostile_text;
pub mod negotiation;
mod post_stats;
mod posts;
mod readme_pictures;
pub mod real_site;
mod speed;
