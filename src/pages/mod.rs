//! Pages for people: the site's numbers, posts, their index, their feed, their editor, and problems told to a browser.
//!
//! Everything is rendered on the server and works without scripts; a page loads its style sheet and its script from
//! here, and its policy lets nothing else in. What an author wrote is sanitised (`markdown`), everything else escaped
//! by its template.
//!
//! This module must not know a socket, which database there is, or the API.

mod access;
mod assets;
mod dispatch;
mod feed;
mod found;
mod gaps;
mod layout;
mod markdown;
mod numbers;
mod origin;
mod personal;
mod policy;
mod post_index;
mod post_page;
mod problem;
mod router;
mod session;
mod settings;
mod sitemap;
mod state;
mod text;
mod writing;

pub use dispatch::Pages;
pub use found::Found;
pub use problem::write_problem;
pub use router::is_known;
pub use settings::{Access, PageSettings};
