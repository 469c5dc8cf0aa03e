//! In what order posts are listed.

/// In what order posts are listed; of equal ones the higher id comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Latest published first.
    #[default]
    Published,
    /// Most views first.
    Views,
    /// Most recent views first: a view weighs half as much as one a day later.
    Trending,
}
