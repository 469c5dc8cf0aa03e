//! A post that is made because its page is read.

use super::page_address::PageAddress;
use super::post::PostId;
use super::time::TimestampMs;

/// A page that is to be a post.
#[derive(Clone, Copy, Debug)]
pub struct NewPage<'a> {
    /// Its address.
    pub page: &'a PageAddress,
    /// Its title; without one, its last folder's name.
    pub title: &'a str,
    /// When it is published, as far as is known: now, or when it was first read.
    pub at: TimestampMs,
    /// How many posts may be made a day; `None` for any number.
    pub most_a_day: Option<u64>,
}

/// The post of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagePost {
    /// It has this address.
    Found(PostId),
    /// It was there, and has this address from now on.
    Joined(PostId),
    /// It is new.
    Made(PostId),
    /// There is none, for it is deleted.
    Deleted,
    /// There is none, and none may be made until the next UTC day.
    Full,
}

impl PagePost {
    /// Its id.
    pub fn id(self) -> Option<PostId> {
        match self {
            PagePost::Found(id) | PagePost::Joined(id) | PagePost::Made(id) => Some(id),
            PagePost::Deleted | PagePost::Full => None,
        }
    }
}
