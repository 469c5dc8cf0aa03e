//! What the path of a file says about its post: name, date, draft, hidden.
//!
//! Names are not decoded: a `%20` or `#` is part of the name.

use std::path::{Component, Path};

use super::{date, error::ImportError};

/// Folder of Jekyll and Hexo for posts not yet published.
const DRAFTS: &str = "_drafts";

/// What the path of a file below a root says about its post.
#[derive(Debug, PartialEq)]
pub struct FileLocation {
    /// The path below the root, `/` between its parts.
    pub relative: String,
    /// The post's name without file extension and date: the file's, or the folder's for an index
    /// file.
    pub name: String,
    /// The date the name begins with, UTC milliseconds.
    pub date: Option<i64>,
    /// A part of the path below the root begins with `.`.
    pub hidden: bool,
    /// A folder below the root is `_drafts`.
    pub draft: bool,
}

impl FileLocation {
    /// Parses the path of a file below a root, or of a root that is a file.
    pub fn of(file: &Path, root: &Path) -> Result<Self, ImportError> {
        let below = file
            .strip_prefix(root)
            .ok()
            .filter(|below| !below.as_os_str().is_empty());
        let named = below.is_none();
        let below = below
            .or_else(|| file.file_name().map(Path::new))
            .ok_or(ImportError::NotRegular)?;
        let parts = below
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_str().ok_or(ImportError::PathNotUtf8)),
                _ => None,
            })
            .collect::<Result<Vec<_>, _>>()?;
        let (file_name, folders) = parts.split_last().ok_or(ImportError::NotRegular)?;
        let stem = Path::new(file_name)
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or(file_name);
        let whole = if !matches!(stem, "index" | "_index") {
            stem.to_owned()
        } else if let Some(folder) = folders.last() {
            (*folder).to_owned()
        } else {
            let folder = if named {
                root.parent().unwrap_or(root)
            } else {
                root
            };
            folder_name(folder).unwrap_or_else(|| "index".to_owned())
        };
        let (date, name) = match date::prefix(&whole) {
            Some((date, "")) => (Some(date), whole.clone()),
            Some((date, rest)) => (Some(date), rest.to_owned()),
            None => (None, whole.clone()),
        };
        Ok(Self {
            relative: parts.join("/"),
            name,
            date,
            hidden: !named && parts.iter().any(|part| part.starts_with('.')),
            draft: folders.contains(&DRAFTS),
        })
    }
}

/// The true name of a folder that may be written `.` or `posts/..`.
fn folder_name(folder: &Path) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    Some(
        folder
            .canonicalize()
            .ok()?
            .file_name()?
            .to_str()?
            .to_owned(),
    )
}

/// The last segment of an address in the front matter: `/2020/hello.html?x#y` is `hello`.
///
/// `None` for an address that names no post: a site's root, and the patterns of Jekyll (`/:year/:title/`,
/// `pretty`) and of template languages (`{{ … }}`). Segments `.` and `..` are ignored.
pub(super) fn last_segment(address: &str) -> Option<&str> {
    const STYLES: [&str; 7] = [
        "date", "pretty", "ordinal", "weekdate", "none", "true", "false",
    ];
    let address = address.trim();
    let address = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => address,
    };
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | ".."));
    if STYLES.contains(&path)
        || path.contains(['{', '}'])
        || segments.clone().any(|part| part.contains(':'))
    {
        return None;
    }
    let bare = |part| {
        [".html", ".htm"].iter().find_map(|ending| {
            let (name, found) = str::split_at_checked(part, part.len().checked_sub(ending.len())?)?;
            found.eq_ignore_ascii_case(ending).then_some(name)
        })
    };
    let last = segments.next_back()?;
    match bare(last) {
        Some("index") => segments.next_back().or(Some("index")),
        Some(name) => Some(name),
        None => Some(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(file: &str) -> FileLocation {
        FileLocation::of(&Path::new("root").join(file), Path::new("root")).unwrap()
    }

    #[test]
    fn the_name_is_the_file_without_extension_and_date() {
        for (file, name) in [
            ("hello.md", "hello"),
            ("a/b/hello.ko.md", "hello.ko"),
            ("2016-10-08_a-post.md", "a-post"),
            ("2016-10-08-a-post.md", "a-post"),
            ("2016-1-8-a.md", "a"),
            ("2016-10-08.md", "2016-10-08"),
            ("2016-10-08-.md", "2016-10-08-"),
            ("a/index.md", "a"),
            ("a/_index.mdx", "a"),
            ("a/2020-01-02-trip/index.md", "trip"),
            ("a/2018/index.md", "2018"),
            ("100%20# x.md", "100%20# x"),
            ("Index.md", "Index"),
            ("README", "README"),
        ] {
            assert_eq!(location(file).name, name, "{file}");
        }
        assert!(location("2016-10-08.md").date.is_some());
        assert!(location("a/2020-01-02-trip/index.md").date.is_some());
        assert!(location("hello.md").date.is_none());
    }

    #[test]
    fn an_index_at_the_top_takes_the_name_of_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("my blog");
        std::fs::create_dir_all(root.join("sub")).unwrap();
        for way in [root.clone(), root.join("sub/.."), root.join(".")] {
            assert_eq!(
                FileLocation::of(&way.join("index.md"), &way).unwrap().name,
                "my blog"
            );
        }
        let file = root.join("index.md");
        let named = FileLocation::of(&file, &file).unwrap();
        assert_eq!(
            (named.name.as_str(), named.relative.as_str()),
            ("my blog", "index.md")
        );
        assert_eq!(
            FileLocation::of(Path::new("/index.md"), Path::new("/"))
                .unwrap()
                .name,
            "index"
        );
    }

    #[test]
    fn hidden_and_draft_count_below_the_root_only() {
        let flags = |location: FileLocation| (location.hidden, location.draft);
        assert_eq!(flags(location("a/.b.md")), (true, false));
        assert_eq!(flags(location(".a/b.md")), (true, false));
        assert_eq!(flags(location("x/_drafts/y/b.md")), (false, true));
        assert_eq!(flags(location("_drafts.md")), (false, false));
        assert_eq!(flags(location("my_drafts/b.md")), (false, false));
        let root = Path::new("blog/.x/_drafts");
        assert_eq!(
            flags(FileLocation::of(&root.join("b.md"), root).unwrap()),
            (false, false)
        );
        assert_eq!(
            flags(FileLocation::of(Path::new(".b.md"), Path::new(".b.md")).unwrap()),
            (false, false)
        );
        assert_eq!(location("a/b c/d.md").relative, "a/b c/d.md");
        assert_eq!(
            FileLocation::of(Path::new("./b.md"), Path::new("."))
                .unwrap()
                .relative,
            "b.md"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_utf8_is_refused() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        let file = Path::new("root").join(OsStr::from_bytes(b"a\xff.md"));
        assert!(matches!(
            FileLocation::of(&file, Path::new("root")),
            Err(ImportError::PathNotUtf8)
        ));
    }

    #[test]
    fn addresses_give_their_last_segment() {
        for (address, segment) in [
            ("a-fixed-url", Some("a-fixed-url")),
            ("/2020/01/hello.html", Some("hello")),
            ("/hello.HTM?x=/1#y", Some("hello")),
            ("/hello/index.html", Some("hello")),
            ("/hello/", Some("hello")),
            ("../../etc/passwd", Some("passwd")),
            ("..\\..\\windows", Some("windows")),
            ("/a/../", Some("a")),
            ("https://example.com/blog/hello/", Some("hello")),
            ("https://example.com/", None),
            ("https://example.com", None),
            ("/:year/:month/:title/", None),
            ("/blog/:slug.html", None),
            ("/{{ page.fileSlug }}/", None),
            ("pretty", None),
            ("/pretty/", Some("pretty")),
            ("false", None),
            ("/", None),
            ("", None),
            ("?a", None),
            ("한글.html", Some("한글")),
            ("é", Some("é")),
            (".html", Some("")),
        ] {
            assert_eq!(last_segment(address), segment, "{address}");
        }
    }
}
