//! What an export says of a page.

/// Views of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRow {
    /// Its address, or its path.
    pub page: String,
    /// Its title; empty where none is given.
    pub title: String,
    /// How many.
    pub views: i64,
    /// When, UTC milliseconds, where that is given.
    pub at: Option<i64>,
}

/// One part of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Views of a page.
    Row(NumberRow),
    /// What is no view of a page: an event, a crawler's visit, a number of the whole site.
    Other,
    /// What cannot be read.
    Damaged {
        /// The file in an archive, or nothing.
        part: &'static str,
        /// The line, from 1.
        line: u64,
        /// Why.
        why: String,
    },
}

/// Takes what is read.
pub type Items<'a> = &'a mut dyn FnMut(Item);

/// A damaged line of a file.
pub fn damaged(line: u64, why: impl Into<String>) -> Item {
    Item::Damaged {
        part: "",
        line,
        why: why.into(),
    }
}
