//! Who viewed a post.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::viewing::ViewingKey;

/// Who viewed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Viewer {
    /// A viewer without a name: a keyed hash of address and user agent that changes every day. Negative, so that it
    /// cannot be taken for a named viewer's number.
    Anonymous(i64),
    /// A user the site knows.
    Named(Arc<str>),
}

impl Viewer {
    /// The same, borrowed.
    pub fn key(&self) -> ViewingKey<'_> {
        match self {
            Viewer::Anonymous(number) => ViewingKey::Anonymous(*number),
            Viewer::Named(name) => ViewingKey::Named(name),
        }
    }
}

/// The longest name of a viewer, in characters.
pub const MAX_VIEWER_NAME: usize = 200;
