//! Posts.

use serde::Serialize;

use super::time::TimestampMs;

/// A post's id: positive, never reused, not even after a deletion.
pub type PostId = i64;

/// The id that stands for the whole site in hourly views, and for no post in the ledger.
pub const SITE: PostId = 0;

/// The number of a post's content, from 1, one more with each change. With the id it identifies the content.
pub type Revision = i64;

/// How a request names a post: `/posts/7` or `/posts/hello`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostKey<'a> {
    /// By id.
    Id(PostId),
    /// By slug, in normalisation form C.
    Slug(&'a str),
    /// By the address of its page, as [`PageAddress::address`](super::PageAddress::address) has it.
    Address(&'a str),
}

impl<'a> PostKey<'a> {
    /// All digits are an id, anything else is a slug. A number that is too large becomes id 0, which no post has.
    pub fn parse(text: &'a str) -> PostKey<'a> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            PostKey::Id(text.parse().unwrap_or(0))
        } else {
            PostKey::Slug(text)
        }
    }
}

/// What an author writes: a post without its id, revision and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostContent {
    /// Its name in addresses; unique.
    pub slug: String,
    /// 1–500 characters.
    pub title: String,
    /// One or two sentences; may be empty.
    pub summary: String,
    /// The text, byte for byte as given.
    pub body: String,
    /// Labels in the author's order.
    pub tags: Vec<String>,
    /// When it was or will be published.
    pub published_at: TimestampMs,
    /// When its content last changed.
    pub updated_at: TimestampMs,
}

/// A post as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// Its content's revision.
    pub revision: Revision,
    /// Its content.
    pub content: PostContent,
    /// The address of its page elsewhere, if it is known.
    pub address: Option<String>,
    /// Views counted so far.
    pub views: i64,
    /// Distinct viewers among them.
    pub viewers: i64,
}

/// A post in a list: without its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PostSummary {
    /// Its id.
    pub id: PostId,
    /// Its name in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// One or two sentences; may be empty.
    pub summary: String,
    /// Labels in the author's order.
    pub tags: Vec<String>,
    /// When it was published.
    pub published_at: TimestampMs,
    /// When its content last changed.
    pub updated_at: TimestampMs,
    /// Views counted so far, or in the asked period.
    pub views: i64,
    /// Distinct viewers so far.
    pub viewers: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_an_id_and_anything_else_a_slug() {
        assert_eq!(PostKey::parse("17"), PostKey::Id(17));
        assert_eq!(PostKey::parse("17a"), PostKey::Slug("17a"));
        assert_eq!(PostKey::parse("-1"), PostKey::Slug("-1"));
        assert_eq!(PostKey::parse("99999999999999999999"), PostKey::Id(0));
    }
}
