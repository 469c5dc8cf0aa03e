//! The posts published before and after a post.

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
