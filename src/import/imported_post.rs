//! A post as read from a file.

/// A post as read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedPost {
    /// The canonical absolute path of the file.
    pub source: String,
    /// The path below the root, `/` between its parts; the file's name where the root is the file.
    pub relative: String,
    /// A valid slug, see [`crate::model::slug`]. Two files may get the same one; the caller
    /// decides.
    pub slug: String,
    /// The address of its page, where the front matter says it; without a host, `/2024/hello`.
    pub address: Option<String>,
    /// 1 to 500 characters on one line.
    pub title: String,
    /// Empty where the front matter has none.
    pub summary: String,
    /// Everything after the front matter, to the byte.
    pub body: String,
    /// Without repetitions, in the order given.
    pub tags: Vec<String>,
    /// UTC milliseconds; `None` if neither front matter nor name gives it.
    pub published_at: Option<i64>,
    /// UTC milliseconds.
    pub updated_at: Option<i64>,
}

/// What was read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A post to keep.
    Post(Box<ImportedPost>),
    /// A file that is not imported, as its author asked.
    Skipped(SkipReason),
}

/// Why a file is not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// `draft: true`, `published: false`, or below a folder `_drafts`.
    Draft,
    /// The file, or a folder above it and below the root, begins with `.`.
    Hidden,
    /// Dated later than now.
    Future,
}
