//! Posts over HTTP: edited, listed, ranked, searched.

mod editing;
mod listing;
mod pagination;
mod preconditions;
mod quick;
mod rankings;
mod search;
