//! A post as it is served: its JSON but for the numbers, and the numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwapOption;
use serde::Serialize;

use super::cached_page::CachedPage;
use crate::model::{Post, PostContent, PostId, Revision, TimestampMs};

/// What follows the views in a post's JSON, before the viewers.
pub const JSON_BETWEEN: &[u8] = b",\"viewers\":";

/// What follows the viewers in a post's JSON. The line ends, so that a terminal's prompt begins on a line of its own.
pub const JSON_END: &[u8] = b"}\n";

/// A post in memory. Its JSON is these bytes (`as_ref`), its views, [`JSON_BETWEEN`], its viewers, [`JSON_END`].
#[derive(Debug)]
pub struct CachedPost {
    /// Its id.
    pub id: PostId,
    /// Its content's revision.
    pub revision: Revision,
    /// Its id and revision, as they stand in its entity tag.
    pub version: Box<str>,
    pub(super) slug: Box<str>,
    /// The address of its page elsewhere.
    pub(super) address: Option<Box<str>>,
    /// Its JSON object up to and including `"views":`.
    json: Box<[u8]>,
    /// Views counted so far. A commit advances it and nothing lowers it: a correction evicts the post.
    views: AtomicI64,
    /// Distinct viewers so far; as `views`.
    viewers: AtomicI64,
    /// Its page, once somebody has read that. Set only by the cache, which weighs it.
    page: ArcSwapOption<CachedPage>,
}

impl CachedPost {
    /// Serialises a post.
    pub fn new(post: &Post) -> CachedPost {
        CachedPost {
            id: post.id,
            revision: post.revision,
            version: format!("{}-{}", post.id, post.revision).into(),
            slug: post.content.slug.as_str().into(),
            address: post.address.as_deref().map(Box::from),
            json: json_before_views(post.id, &post.content).into(),
            views: AtomicI64::new(post.views),
            viewers: AtomicI64::new(post.viewers),
            page: ArcSwapOption::empty(),
        }
    }

    /// Views counted so far.
    pub fn views(&self) -> i64 {
        self.views.load(Ordering::Relaxed)
    }

    /// Distinct viewers so far.
    pub fn viewers(&self) -> i64 {
        self.viewers.load(Ordering::Relaxed)
    }

    /// Its page, if it was rendered since the last of `edits`.
    pub fn page(&self, edits: u64) -> Option<Arc<CachedPage>> {
        self.page.load_full().filter(|page| page.edits == edits)
    }

    pub(super) fn set_page(&self, page: Arc<CachedPage>) {
        self.page.store(Some(page));
    }

    /// The bytes of its text in all forms.
    pub(super) fn bytes(&self) -> usize {
        let page = self.page.load();
        let address = self.address.as_ref().map_or(0, |address| 2 * address.len());
        self.json.len() + address + page.as_ref().map_or(0, |page| page.bytes())
    }

    /// Advances the numbers to those of a commit. Commits may arrive here in another order than they were made in, so
    /// the higher number is the later one.
    pub(super) fn advance(&self, views: i64, viewers: i64) {
        self.views.fetch_max(views, Ordering::Relaxed);
        self.viewers.fetch_max(viewers, Ordering::Relaxed);
    }
}

impl AsRef<[u8]> for CachedPost {
    fn as_ref(&self) -> &[u8] {
        &self.json
    }
}

#[derive(Serialize)]
struct Fields<'a> {
    id: PostId,
    slug: &'a str,
    title: &'a str,
    summary: &'a str,
    body: &'a str,
    tags: &'a [String],
    published_at: TimestampMs,
    updated_at: TimestampMs,
}

fn json_before_views(id: PostId, content: &PostContent) -> Vec<u8> {
    let fields = Fields {
        id,
        slug: &content.slug,
        title: &content.title,
        summary: &content.summary,
        body: &content.body,
        tags: &content.tags,
        published_at: content.published_at,
        updated_at: content.updated_at,
    };
    let mut json = serde_json::to_vec(&fields).expect("the fields are strings and numbers");
    json.pop();
    json.extend_from_slice(b",\"views\":");
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_parts_make_one_json_object() {
        let post = Post {
            id: 7,
            revision: 1,
            content: PostContent {
                slug: "a".to_owned(),
                title: "A \"title\"".to_owned(),
                summary: String::new(),
                body: "line\n".to_owned(),
                tags: vec!["x".to_owned()],
                published_at: TimestampMs(0),
                updated_at: TimestampMs(0),
            },
            address: None,
            views: 3,
            viewers: 2,
        };
        let cached = CachedPost::new(&post);
        cached.advance(5, 1);
        let bytes: &[u8] = cached.as_ref();
        let text = format!(
            "{}{}{}{}{}",
            String::from_utf8_lossy(bytes),
            cached.views(),
            String::from_utf8_lossy(JSON_BETWEEN),
            cached.viewers(),
            String::from_utf8_lossy(JSON_END)
        );
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            (&value["views"], &value["viewers"], &value["title"]),
            (&5.into(), &2.into(), &"A \"title\"".into())
        );
    }
}
