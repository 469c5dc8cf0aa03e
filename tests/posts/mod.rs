//! Posts over HTTP: edited, listed, ranked.

mod editing;
mod listing;
mod pagination;
mod preconditions;
mod rankings;
