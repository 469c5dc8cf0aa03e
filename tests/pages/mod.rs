//! Pages for people, over bare sockets and in a real browser.

mod errors;
mod feeds;
mod hostile_text;
mod negotiation;
mod posts;
