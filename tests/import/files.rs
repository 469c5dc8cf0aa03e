//! Whole files, from the disk: how they are read, and what becomes of 66 posts of real blogs.

use std::{fs, path::PathBuf};

use proptest::prelude::*;

use super::*;
use crate::import::{Found, ImportedPost, walk};

const MAX_BODY: u64 = 1 << 20;

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// Reads one file with these bytes, named by the user.
fn read_bytes(bytes: &[u8]) -> Result<Outcome, FileError> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.md");
    fs::write(&file, bytes).unwrap();
    read(&file, &file, now(), MAX_BODY)
}

fn post(bytes: &[u8]) -> ImportedPost {
    match read_bytes(bytes) {
        Ok(Outcome::Post(post)) => *post,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_byte_order_mark_is_no_part_of_the_post() {
    assert_eq!(post("\u{feff}---\ntitle: a\n---\nb".as_bytes()).title, "a");
    assert_eq!(post("\u{feff}b".as_bytes()).body, "b");
    assert_eq!(post("\u{feff}".as_bytes()).body, "");
}

#[test]
fn bytes_that_are_not_utf8_are_an_error_with_their_line() {
    let message = read_bytes(b"---\na: b\n---\nok\n\xff\n")
        .unwrap_err()
        .to_string();
    assert!(
        message.ends_with("a.md:5: byte 0xff is not UTF-8; convert the file to UTF-8"),
        "{message}"
    );
    assert_eq!(read_bytes(b"ok\n\xe3\x81").unwrap_err().line, Some(2));
}

#[test]
fn files_beyond_the_limit_are_refused() {
    let limit = usize::try_from(MAX_BODY).unwrap();
    assert_eq!(post(&vec![b'x'; limit]).body.len(), limit);
    for more in [1, 100_000] {
        let error = read_bytes(&vec![b'x'; limit + more]).unwrap_err();
        assert!(
            matches!(
                error.error,
                ImportError::TooLarge {
                    limit: MAX_BODY,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("gone.md");
    assert!(matches!(
        read(&missing, dir.path(), now(), MAX_BODY)
            .unwrap_err()
            .error,
        ImportError::Missing
    ));
    assert!(matches!(
        read(dir.path(), dir.path(), now(), MAX_BODY)
            .unwrap_err()
            .error,
        ImportError::NotRegular
    ));
}

#[test]
fn hidden_files_and_drafts_are_not_even_opened() {
    let root = Path::new("nowhere");
    let skipped = |file: &str| read(&root.join(file), root, now(), MAX_BODY).unwrap();
    assert_eq!(skipped(".a.md"), Outcome::Skipped(SkipReason::Hidden));
    assert_eq!(skipped("_drafts/a.md"), Outcome::Skipped(SkipReason::Draft));
}

#[test]
fn the_source_is_canonical_and_the_relative_path_as_found() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("하나 #1")).unwrap();
    let root = dir.path().join("하나 #1/..");
    let file = root.join("하나 #1/100%20.md");
    fs::write(&file, "x").unwrap();
    let Ok(Outcome::Post(post)) = read(&file, &root, now(), MAX_BODY) else {
        panic!("a post")
    };
    assert_eq!(post.relative, "하나 #1/100%20.md");
    assert_eq!(
        PathBuf::from(&post.source),
        dir.path().canonicalize().unwrap().join(&post.relative)
    );
}

#[test]
fn our_own_sample_posts_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/samples");
    let mut slugs = Vec::new();
    for found in walk(&[root]) {
        let Found::File { file, root } = found else {
            panic!("{found:?}")
        };
        let Ok(Outcome::Post(post)) = read(&file, &root, now(), MAX_BODY) else {
            panic!("{}", file.display())
        };
        assert!(post.body.len() > 200 && post.title.len() > 3, "{post:?}");
        slugs.push(post.slug);
    }
    slugs.sort_unstable();
    assert_eq!(
        slugs,
        [
            "try-it",
            "welcome",
            "what-happens-to-a-view",
            "what-is-lost-when"
        ]
    );
}

/// The body by the plainest means: lines are counted, nothing is parsed.
fn body_by_hand(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let bare = |line: &[u8]| String::from_utf8_lossy(line).trim_end().to_owned();
    let opening = lines.next().map(bare).unwrap_or_default();
    if opening != "---" && opening != "+++" {
        return bytes;
    }
    let mut length = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for line in lines {
        length += line.len();
        if bare(line) == opening {
            break;
        }
    }
    &bytes[length..]
}

#[test]
fn posts_of_real_blogs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/posts");
    if !root.is_dir() {
        crate::test_support::missing(root.display());
        return;
    }
    let (mut files, mut posts, mut failed) = (0, Vec::new(), Vec::new());
    let (mut drafts, mut hidden) = (Vec::new(), Vec::new());
    let below = |path: &Path| {
        path.strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    for found in walk(std::slice::from_ref(&root)) {
        files += 1;
        match found {
            Found::Hidden(path) => hidden.push(below(&path)),
            Found::Failed(error) => failed.push(error.to_string()),
            Found::File { file, root } => match read(&file, &root, now(), MAX_BODY) {
                Ok(Outcome::Post(post)) => {
                    assert_eq!(
                        post.body.as_bytes(),
                        body_by_hand(&fs::read(&file).unwrap()),
                        "{}",
                        file.display()
                    );
                    assert!(
                        crate::model::slug::is_valid_slug(&post.slug),
                        "{}",
                        post.slug
                    );
                    assert_eq!(post.relative, below(&file));
                    posts.push(post);
                }
                Ok(Outcome::Skipped(SkipReason::Draft)) => drafts.push(below(&file)),
                other => failed.push(format!("{other:?}")),
            },
        }
    }
    let dated = posts
        .iter()
        .filter(|post| post.published_at.is_some())
        .count();
    println!(
        "{files} files: {} posts ({dated} dated), {} drafts, {} hidden",
        posts.len(),
        drafts.len(),
        hidden.len()
    );
    assert_eq!(failed, Vec::<String>::new());
    assert_eq!(hidden, ["zola-testsite/.should-not-be-picked-up.md"]);
    assert_eq!(
        drafts,
        [
            "goblog-ja/race-detector.md",
            "seaoak-ja/_drafts/about.md",
            "seaoak-ja/_drafts/multiplication-is-commutative.md",
            "seaoak-ja/_drafts/test-page-for-hexo-001.md",
            "zola-testsite/posts/draft.md",
            "zola-testsite/secret_section/draft-page.md",
        ]
    );
    assert_eq!((files, posts.len()), (67, 60));

    let post = |path: &str| posts.iter().find(|post| post.relative == path).unwrap();
    for (path, slug, title, published) in [
        ("SOURCES.md", "sources", "posts-dev: sources", None),
        ("golang/README.md", "readme", "README", None),
        ("golang/index.md", "golang", "The Go Blog", None),
        ("golang/c-go-cgo.md", "c-go-cgo", "c-go-cgo", None),
        (
            "golang/survey2024-h1-results.md",
            "survey2024-h1-results",
            "Go Developer Survey 2024 H1 Results",
            Some("2024-04-09T00:00:00Z"),
        ),
        (
            "dalsu-ko/blog/DB와 JSON.md",
            "db와-json",
            "DB와 JSON",
            Some("2026-03-08T02:36:48Z"),
        ),
        ("dalsu-ko/blog/_index.md", "blog", "Blog", None),
        (
            "armeria-ko/ko/2020-02-18-reactive-streams-armeria-1.mdx",
            "reactive-streams-armeria-1",
            "Armeria로 Reactive Streams와 놀자! - 1",
            Some("2020-05-06T10:00:00Z"),
        ),
        (
            "nodejs/release/v0.8.9.md",
            "v0-8-9",
            "Version 0.8.9 (Stable)",
            Some("2012-09-11T18:50:17Z"),
        ),
        (
            "matjaz/033-my-name-phonetically.md",
            "name",
            "How to pronounce and type Matjaž",
            Some("2017-03-26T14:40:12Z"),
        ),
        (
            "seaoak-ja/_posts/hello-world.md",
            "hello-world",
            "Hello World",
            Some("2016-11-06T21:14:38Z"),
        ),
        (
            "zola-testsite/2018/index.md",
            "post-2018",
            "index page in a direction with the same name as a section",
            None,
        ),
        ("zola-testsite/hello.md", "hello", "hello", None),
        (
            "zola-testsite/posts/2016-10-08_a-post-with-dates.md",
            "a-post-with-dates",
            "A post with dates",
            Some("2016-10-08T00:00:00Z"),
        ),
        (
            "zola-testsite/posts/fixed-slug.md",
            "something-else",
            "Fixed slug",
            Some("2017-01-01T00:00:00Z"),
        ),
        (
            "zola-testsite/posts/fixed-url.md",
            "a-fixed-url",
            "Fixed URL",
            Some("2017-02-01T00:00:00Z"),
        ),
        (
            "tobias/math/pi-day-2022-03-14/index.md",
            "pi-day-2022-03-14",
            "Pi Day (2022/03/14)",
            None,
        ),
    ] {
        let post = post(path);
        let published = published.map(|at| at.parse::<Timestamp>().unwrap().as_millisecond());
        assert_eq!(
            (&*post.slug, &*post.title, post.published_at),
            (slug, title, published),
            "{path}"
        );
    }
    assert_eq!(
        post("tomasfarias/working-with-dbts-run-results.md")
            .tags
            .len(),
        5
    );
    assert_eq!(post("golang/11years.md").summary, "Happy Birthday, Go!");
    assert!(post("matjaz/001-hi-out-there.md").updated_at.is_some());
}

proptest! {
    #[test]
    fn no_bytes_panic(
        mark in any::<bool>(),
        opening in prop::sample::select(vec!["---\n", "+++\n", "---\r\n", ""]),
        within in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "(date|title|tags|slug|draft|path|[a-z]{1,3})?( ?[:=] ?|\n|\\[|\\]|\\{|\\}|\"|'|&a|\\*a|- |[|>]|!!?[a-z]+|[0-9éT:.-]{1,12}){0,40}"
                .prop_map(String::into_bytes),
        ],
        closing in prop::sample::select(vec!["\n---\n", "\n+++\n", "\n...\n", ""]),
        after in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let mut bytes = if mark { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        for part in [opening.as_bytes(), &within, closing.as_bytes(), &after] {
            bytes.extend_from_slice(part);
        }
        match read_bytes(&bytes) {
            Ok(Outcome::Post(post)) => {
                prop_assert!(crate::model::slug::is_valid_slug(&post.slug));
                prop_assert!((1..=500).contains(&post.title.chars().count()));
                prop_assert!(bytes.ends_with(post.body.as_bytes()));
            }
            Ok(Outcome::Skipped(_)) => {}
            Err(error) => prop_assert!(!error.to_string().ends_with('.') && !error.to_string().contains('\n')),
        }
    }
}
