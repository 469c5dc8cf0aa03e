//! What makes a read no view, told from the request alone.

pub mod bot;
