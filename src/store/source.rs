//! Posts that come from files: a file identifies its post, so that a second import updates it instead of adding one.

use crate::model::{PostId, TimestampMs};

/// The file a post comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its absolute path, which identifies the post.
    pub absolute: String,
    /// Its path below the imported folder, by which the posts of a moved folder are found again.
    pub relative: String,
}

/// A post's content as a file has it. The store decides what the file leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportContent {
    /// The slug it asks for; it gets another one if that belongs to another post.
    pub slug: String,
    /// The address of its page, where the file says it; without a host, `/2024/hello`.
    pub address: Option<String>,
    /// Its title.
    pub title: String,
    /// Its summary; may be empty.
    pub summary: String,
    /// Its text, byte for byte.
    pub body: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its date; without one, the time of its first import.
    pub published_at: Option<TimestampMs>,
    /// The time of its last change; without one, the time of the import that found the change.
    pub updated_at: Option<TimestampMs>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// A new post.
    Created(ImportedAs),
    /// A known post with new content.
    Updated(ImportedAs),
    /// A known post with the content it had.
    Unchanged(ImportedAs),
}

impl Imported {
    /// Which post it is.
    pub fn post(&self) -> PostId {
        match self {
            Imported::Created(post) | Imported::Updated(post) | Imported::Unchanged(post) => {
                post.id
            }
        }
    }
}

/// The id and slug of a file's post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedAs {
    /// Its id.
    pub id: PostId,
    /// Its slug: the wanted one, or that with `-2`, `-3` … where it was taken.
    pub slug: String,
}
