//! What the path of a file says about its post: name, date, draft, hidden.
//!
//! Names are not decoded: a `%20` or `#` is part of the name.

use std::path::{Component, Path};

use super::{date, error::ImportError, path_date};
use crate::model::address;

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
    /// What the address of its page may be, as far as the path says: the slug is made of it as of a page's.
    pub address: String,
    /// The date the name begins with, UTC milliseconds.
    pub date: Option<i64>,
    /// The date the folders say, UTC milliseconds.
    pub folder_date: Option<i64>,
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
        // Of a folder's own post the folder is the name, not one above it.
        let above = match stem {
            "index" | "_index" => folders.split_last().map_or(folders, |(_, above)| above),
            _ => folders,
        };
        Ok(Self {
            relative: parts.join("/"),
            address: [above, &[whole.as_str()]].concat().join("/"),
            name,
            date,
            folder_date: path_date::of_folders(folders),
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

/// The decoded path of an address in the front matter: `https://example.org/2020/hello.html?x#y` is `2020/hello.html`.
///
/// `None` for an address that names no post: a site's root, and the patterns of Jekyll (`/:year/:title/`, `pretty`) and of
/// template languages (`{{ … }}`).
pub(super) fn path_of_address(address: &str) -> Option<String> {
    const STYLES: [&str; 7] = [
        "date", "pretty", "ordinal", "weekdate", "none", "true", "false",
    ];
    let address = address.trim();
    let address = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => address,
    };
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let path = address::decode(path).replace('\\', "/");
    let mut names = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .peekable();
    let names_none = names.peek().is_none();
    if names_none
        || STYLES.contains(&path.as_str())
        || path.contains(['{', '}'])
        || names.any(|part| part.contains(':'))
    {
        return None;
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::address::slug_of_path;

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
    fn addresses_have_paths_unless_they_name_no_post() {
        for (address, path) in [
            ("a-fixed-url", Some("a-fixed-url")),
            ("/2020/01/hello.html", Some("/2020/01/hello.html")),
            ("/hello.HTM?x=/1#y", Some("/hello.HTM")),
            ("..\\..\\windows", Some("../../windows")),
            ("https://example.com/blog/caf%C3%A9/", Some("blog/café/")),
            ("https://example.com/", None),
            ("https://example.com", None),
            ("/:year/:month/:title/", None),
            ("/blog/:slug.html", None),
            ("/{{ page.fileSlug }}/", None),
            ("pretty", None),
            ("/pretty/", Some("/pretty/")),
            ("false", None),
            ("/", None),
            ("../.", None),
            ("", None),
            ("?a", None),
        ] {
            assert_eq!(path_of_address(address).as_deref(), path, "{address}");
        }
    }

    #[test]
    fn the_address_and_the_date_come_from_folders_and_name() {
        for (file, slug, date) in [
            ("2016-10-08_a-post.md", "a-post", Some("2016-10-08")),
            ("2023/05/01/title.md", "title", Some("2023-05-01")),
            ("2023/05/title.md", "title", Some("2023-05-01")),
            (
                "blog/2023/05/01/title/index.md",
                "title",
                Some("2023-05-01"),
            ),
            ("2023/05/01/index.md", "2023-05-01", Some("2023-05-01")),
            ("2023/05/2020-01-02-title.md", "title", Some("2020-01-02")),
            ("2023/title.md", "title", None),
            ("release/v10.12.0.md", "v10-12-0", None),
            ("a/_index.md", "a", None),
            ("Index.md", "index", None),
            ("hello.html.md", "hello", None),
            ("100%25.md", "100-25", None),
        ] {
            let found = location(file);
            assert_eq!(
                slug_of_path(&found.address).as_deref(),
                Some(slug),
                "{file}"
            );
            let found_date = found.date.or(found.folder_date);
            assert_eq!(found_date, date.and_then(date::parse), "{file}");
        }
    }
}
