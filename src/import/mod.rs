//! Imports posts from Markdown files, as static site generators keep them; [`log`] imports views from access logs.
//!
//! [`walk()`] finds the files, [`read()`] makes a post of one. Files are independent: one that cannot be read is reported
//! with its line and what to try, and the others are still imported. This module does not know the store: recognising
//! a file that was imported before, counting and reporting are the caller's part.
//!
//! Where generators differ, this module decides once: Jekyll, Hugo, Zola, Hexo and Astro all keep posts in files whose
//! front matter, names and folders say nearly the same in different words.

mod date;
mod error;
mod front_matter;
mod heading;
mod imported_post;
mod location;
pub mod log;
pub mod numbers;
mod path_date;
mod post;
mod read;
mod toml;
mod value;
mod walk;
mod yaml;

pub use error::FileError;
pub use imported_post::{ImportedPost, Outcome, SkipReason};
pub use read::read;
pub use walk::{Found, walk};

#[cfg(feature = "internals")]
pub use {
    error::ImportError,
    front_matter::{FrontMatter, split},
    location::FileLocation,
    post::from_text,
    value::{KeyValue, Value},
};
