//! HTTP as values: methods, targets, header fields, entity tags, responses, problems.
//!
//! Nothing here reads a socket, knows a post, or names anything else of the crate.

pub mod accept;
mod authority;
pub mod coding;
mod date;
pub mod etag;
mod headers;
pub mod location;
mod method;
mod problem;
pub mod query;
mod response;
mod target;

pub use authority::is_authority;
pub use headers::Headers;
pub use method::Method;
pub use problem::{Invalid, Problem};
pub use response::{Insert, Response};
pub use target::Target;
