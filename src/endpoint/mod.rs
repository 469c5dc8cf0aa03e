//! What every endpoint stands on, whether it answers with JSON or with a page: what it may use, the request with its
//! response, the look-up of a post, the recording of a view, who may write, what a post or a correction may hold, and what
//! becomes an error.

pub mod client;
pub mod correction_fields;
pub mod cursor;
pub mod errors;
pub mod lookup;
pub mod page;
pub mod parameters;
pub mod post_fields;
pub mod record_view;
pub mod referrer;

mod auth;
mod exchange;
mod page_posts;
mod pending_views;
mod post_query;
mod signing_key;
mod state;

pub use auth::Auth;
pub use exchange::Exchange;
pub use page_posts::PagePosts;
pub use pending_views::PendingViews;
pub use post_query::PostQuery;
pub use signing_key::SigningKey;
pub use state::{SiteState, common_headers};
