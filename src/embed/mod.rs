//! What other sites show of a post, and the script that pages embed: how it looks, not how it is asked for.
//!
//! This module must not know requests or responses; `api/embed.rs` does.

pub(crate) mod badge;
mod badge_color;
mod badge_number;
mod badge_svg;
mod badge_text;
mod resources;

pub(crate) use resources::{BUSUANZI, PIXEL, SNIPPET, VERCOUNT};
