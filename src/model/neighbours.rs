//! The posts published before and after a post, and what posts are called by.

use super::PostId;

/// What a post is called by: its id for ever, its slug until it is given another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostRef {
    /// Its id.
    pub id: PostId,
    /// Its name in addresses.
    pub slug: String,
}

/// What a link to a post needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostLink {
    /// Its name in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
}

/// The posts published just before and just after a post; of equal times the higher id is later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The one before.
    pub older: Option<PostLink>,
    /// The one after.
    pub newer: Option<PostLink>,
}
