//! The store's traits, each method by the queries for it.

mod journal;
mod maintenance;
mod posts;
mod queue;
mod sink;
mod stats;
mod transfer;
mod viewers;
