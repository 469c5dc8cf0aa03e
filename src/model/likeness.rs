//! How likely it is that a page is that of a file, where both make the same slug: two pages with one last segment are two
//! posts, and their folders and dates say which is which.

use super::address::{is_short_number, is_year, segments, slug_of_path, without_html};
use super::time::TimestampMs;

/// Folders of lists. A page below one is a list of posts, and not the post of the same name.
const LISTS: [&str; 13] = [
    "tag",
    "tags",
    "category",
    "categories",
    "archive",
    "archives",
    "author",
    "authors",
    "page",
    "series",
    "topic",
    "topics",
    "label",
];

/// What is known of a post beside its slug.
#[derive(Clone, Copy, Debug)]
pub struct FileHints<'a> {
    /// The path of its file below the folder of all, if it comes from a file.
    pub file: Option<&'a str>,
    /// When it was published, if that is known.
    pub published_at: Option<TimestampMs>,
}

/// How many parts of a page's folders the post's file and date have as well, those of the file twice; `None` where they
/// contradict each other.
/// `path` is the page's, decoded.
pub fn likeness(path: &str, post: FileHints<'_>) -> Option<usize> {
    let page = segments(path);
    let (_, folders) = page.split_last()?;
    let Some(file) = post.file else {
        // Nothing says where it is.
        return (!is_list(folders)).then_some(0);
    };
    let of_file: Vec<&str> = file
        .split(['/', '-', '_', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let day = post.published_at.map(|at| at.timestamp().to_string());
    let of_date: Vec<&str> = match &day {
        Some(day) => day.get(..10).unwrap_or_default().split('-').collect(),
        None => Vec::new(),
    };
    let is_dated = !of_date.is_empty() || is_kept_by_years(file);
    let is_other_year =
        |folder: &&str| is_year(folder) && !has(&of_file, folder) && !has(&of_date, folder);
    if is_dated && folders.iter().any(is_other_year) {
        return None;
    }
    if is_list(folders) && !folders.iter().all(|folder| has(&of_file, folder)) {
        return None;
    }
    let weight =
        |folder: &&str| usize::from(has(&of_file, folder)) * 2 + usize::from(has(&of_date, folder));
    Some(folders.iter().map(weight).sum())
}

/// Whether the path of a file says its year: by a folder, or at the start of its name.
fn is_kept_by_years(file: &str) -> bool {
    let (folders, name) = file.rsplit_once('/').unwrap_or(("", file));
    let mut words = name.split('-');
    folders.split('/').any(is_year)
        || words.next().is_some_and(is_year) && words.next().is_some_and(is_short_number)
}

/// Whether a word is among others; `5` is `05`.
fn has(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| {
        known.eq_ignore_ascii_case(word)
            || is_short_number(word) && known.trim_start_matches('0') == word
    })
}

/// The slug that the path of a post's file makes, where the file itself names no other.
pub fn slug_of_file(file: &str) -> Option<String> {
    let (path, _) = file.rsplit_once('.')?;
    slug_of_path(path.strip_suffix("/_index").unwrap_or(path))
}

fn is_list(folders: &[&str]) -> bool {
    let mut names = folders
        .iter()
        .map(|folder| without_html(folder).to_ascii_lowercase());
    names.any(|name| LISTS.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 January 2024.
    const THEN: TimestampMs = TimestampMs(1_704_456_000_000);

    fn of(path: &str, file: Option<&str>) -> Option<usize> {
        let published_at = THEN;
        likeness(
            path,
            FileHints {
                file,
                published_at: Some(published_at),
            },
        )
    }

    #[test]
    fn folders_and_dates_say_whose_page_it_is() {
        let jekyll = Some("_posts/2024-01-05-a.md");
        assert_eq!(of("/2024/01/05/a.html", jekyll), Some(9));
        assert_eq!(of("/2023/01/05/a.html", jekyll), None);
        assert_eq!(of("/2024/1/a", Some("posts/a.md")), Some(2));
        assert_eq!(of("/2023/a", Some("posts/a.md")), None);
        assert_eq!(of("/2024/a", Some("2023/a.md")), Some(1));
        assert_eq!(of("/2024/a", Some("2024/a.md")), Some(3));
        assert_eq!(of("/ko/a", Some("content/ko/a.md")), Some(2));
        assert_eq!(of("/en/a", Some("content/ko/a.md")), Some(0));
        assert_eq!(of("/2023/a", None), Some(0));
    }

    #[test]
    fn a_list_is_not_the_post_of_its_name() {
        assert_eq!(of("/tags/rust", None), None);
        assert_eq!(of("/tags/rust", Some("posts/rust.md")), None);
        assert_eq!(of("/tags/rust", Some("content/tags/rust.md")), Some(2));
    }
}
