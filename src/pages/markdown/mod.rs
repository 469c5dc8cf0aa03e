//! An author's Markdown as HTML that is safe to show.
//!
//! Whatever stands in the text, what comes out runs no script, has no style of its own, and loads nothing but images:
//! it is sanitised last, by a list of what is allowed.

mod blocks;
mod footnotes;
mod headings;
mod highlight;
mod language;
mod nesting;
mod render;
mod sanitize;

pub use render::render;
