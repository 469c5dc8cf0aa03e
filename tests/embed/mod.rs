//! What other sites show.

mod resources;
mod snippet;
