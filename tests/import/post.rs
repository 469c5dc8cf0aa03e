//! The rules of `post`, each by what an author would write.

use std::path::Path;

use super::*;

const NOW: &str = "2026-11-22T12:00:00Z";

fn at(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(|at| at.as_millisecond())
}

fn outcome_of(file: &str, text: &str) -> Result<Outcome, (usize, String)> {
    let place = FileLocation::of(&Path::new("root").join(file), Path::new("root")).unwrap();
    from_text(text, place, "source".into(), NOW.parse().unwrap(), 1000)
        .map_err(|(line, problem)| (line, problem.to_string()))
}

fn post_of(file: &str, text: &str) -> ImportedPost {
    match outcome_of(file, text) {
        Ok(Outcome::Post(post)) => *post,
        other => panic!("{text:?}: {other:?}"),
    }
}

/// A post `x.md` whose YAML front matter is `keys`.
fn with(keys: &str) -> ImportedPost {
    post_of("x.md", &format!("---\n{keys}\n---\n"))
}

fn skipped(keys: &str) -> Option<SkipReason> {
    match outcome_of("x.md", &format!("---\n{keys}\n---\n")) {
        Ok(Outcome::Skipped(reason)) => Some(reason),
        Ok(Outcome::Post(_)) => None,
        Err(error) => panic!("{keys:?}: {error:?}"),
    }
}

fn error(keys: &str) -> (usize, String) {
    outcome_of("x.md", &format!("---\n{keys}\n---\n")).unwrap_err()
}

#[test]
fn a_whole_post() {
    let text = "+++\ntitle = 'Hi'\nslug = 'Hello There'\ndate = 2016-03-01\nlastmod = 2017-03-01T10:00:00+01:00\n\
        description = ' short '\n[taxonomies]\ntags = ['a', 'b']\n+++\n\nbody\r\n";
    assert_eq!(
        post_of("sub dir/x.md", text),
        ImportedPost {
            source: "source".into(),
            relative: "sub dir/x.md".into(),
            slug: "hello-there".into(),
            address: None,
            title: "Hi".into(),
            summary: "short".into(),
            body: "\nbody\r\n".into(),
            tags: vec!["a".into(), "b".into()],
            published_at: at("2016-03-01T00:00:00Z"),
            updated_at: at("2017-03-01T09:00:00Z"),
        }
    );
}

#[test]
fn an_empty_file_is_a_post_named_after_itself() {
    let post = post_of("hello world.md", "");
    assert_eq!(
        (post.title.as_str(), post.slug.as_str(), post.body.as_str()),
        ("hello world", "hello-world", "")
    );
    assert_eq!((post.published_at, post.updated_at), (None, None));
}

#[test]
fn the_title_is_given_or_a_heading_or_the_name() {
    for (keys, title) in [
        ("title: 2018", "2018"),
        ("title: 1.10", "1.10"),
        ("title: 2018-01-02", "2018-01-02"),
        ("title: yes", "yes"),
        ("title: ' padded  inside '", "padded  inside"),
        ("title: |\n  two\n  lines", "two lines"),
        ("Title: x", "x"),
        ("title: ''", "x"),
        ("title:", "x"),
        ("title: \"\\0\"", "x"),
    ] {
        assert_eq!(with(keys).title, title, "{keys}");
    }
    assert_eq!(
        post_of("x.md", "---\na: b\n---\ntext\n\n# The *one*\n").title,
        "The one"
    );
    assert_eq!(post_of("2016-10-08-a-b.md", "text").title, "a-b");
    assert_eq!(post_of("my folder/index.md", "").title, "my folder");
    assert_eq!(
        with(&format!("title: {}", "é".repeat(600))).title,
        "é".repeat(500)
    );
    assert_eq!(error("a: 1\ntitle: [a]"), (3, "title is not text".into()));
}

#[test]
fn the_slug_is_given_or_an_address_or_the_name() {
    for (keys, slug) in [
        ("slug: something-&-else", "something-else"),
        ("slug: 2018", "post-2018"),
        ("slug: ../../etc/passwd", "passwd"),
        ("slug: 2024/Hello", "hello"),
        ("slug: c#-tips", "c-tips"),
        ("permalink: /2020/01/02/caf%C3%A9/", "café"),
        ("path: 2020-01-02-trip/index.html", "trip"),
        ("slug:\npath: a/b", "b"),
        ("slug: a\npath: b", "a"),
        ("url: /blog/Hello.html?a#b", "hello"),
        ("permalink: ../../etc/passwd", "passwd"),
        ("permalink: /:year/:title/", "x"),
        ("path: ..\nurl: /u", "u"),
        ("permalink: false", "x"),
        ("permalink: {build: a}", "x"),
        ("slug: '!!!'\ntitle: From title", "from-title"),
        ("slug: '!!!'\ntitle: '???'", "post"),
    ] {
        assert_eq!(with(keys).slug, slug, "{keys}");
    }
    for (file, slug) in [
        ("2016-10-08_a-post.md", "a-post"),
        ("2016-10-08.md", "2016-10-08"),
        ("2018/index.md", "post-2018"),
        ("DB와 JSON.md", "db와-json"),
        ("100%20#.md", "100-20"),
        ("!.md", "post"),
    ] {
        assert_eq!(post_of(file, "").slug, slug, "{file}");
    }
    assert_eq!(error("slug: [a]"), (2, "slug is not text".into()));
}

#[test]
fn drafts_are_skipped() {
    for keys in [
        "draft: true",
        "draft: 'yes'",
        "published: false",
        "Draft: TRUE",
        "draft: true\ndate: broken",
    ] {
        assert_eq!(skipped(keys), Some(SkipReason::Draft), "{keys}");
    }
    for keys in [
        "draft: false",
        "draft:",
        "published: true",
        "published: by a friend",
    ] {
        assert_eq!(skipped(keys), None, "{keys}");
    }
    assert_eq!(
        error("draft: maybe"),
        (2, "draft is not true or false".into())
    );
}

#[test]
fn posts_of_the_future_are_skipped() {
    assert_eq!(skipped("date: 2026-11-22T12:00:00Z"), None);
    assert_eq!(
        skipped("date: 2026-11-22T12:00:00.001Z"),
        Some(SkipReason::Future)
    );
    assert_eq!(skipped("date: 2026-11-22T21:00:00+09:00"), None);
    assert_eq!(
        skipped("date: 2020-01-01\npublishDate: 2030-01-01"),
        Some(SkipReason::Future)
    );
    assert_eq!(skipped("date: 2020-01-01\nupdated: 2030-01-01"), None);
    assert_eq!(
        outcome_of("2030-01-01-x.md", ""),
        Ok(Outcome::Skipped(SkipReason::Future))
    );
}

#[test]
fn dates_come_from_the_first_key_then_the_name() {
    let day = at("2020-01-02T00:00:00Z");
    for keys in [
        "date: 2020-01-02",
        "published_at: 2020-01-02",
        "publishdate: 2020-01-02",
        "published: 2020-01-02",
        "created: 2020-01-02",
        "date:\ncreated: 2020-01-02",
        "published: true\ncreated: 2020-01-02",
        "created: 1999-01-01\ndate: 2020-01-02",
        "date: January 2, 2020",
    ] {
        assert_eq!(with(keys).published_at, day, "{keys}");
    }
    for keys in [
        "updated: 2020-01-02",
        "updated_at: 2020-01-02",
        "lastmod: 2020-01-02",
        "modified: 2020-01-02",
    ] {
        assert_eq!(with(keys).updated_at, day, "{keys}");
    }
    assert_eq!(with("date:\nupdated: ''").published_at, None);
    assert_eq!(post_of("2020-01-02-x.md", "").published_at, day);
    assert_eq!(
        post_of("1999-01-01-x.md", "---\ndate: 2020-01-02\n---\n").published_at,
        day
    );
}

#[test]
fn a_date_that_cannot_be_read_is_an_error() {
    for (keys, line, problem) in [
        (
            "a: 1\ndate: soon",
            3,
            "date \"soon\" is not a date; write it like",
        ),
        ("date: 1583020800", 2, "date \"1583020800\" is not a date"),
        (
            "published: on day 3",
            2,
            "published \"on day 3\" is not a date",
        ),
        (
            "date: 2020-01-01\nlastmod: 2020-02-31",
            3,
            "lastmod \"2020-02-31\" is not",
        ),
        ("date: [2020-01-01]", 2, "date is not a date"),
    ] {
        let (found, message) = error(keys);
        assert_eq!(found, line, "{keys}");
        assert!(message.starts_with(problem), "{message}");
    }
}

#[test]
fn tags_from_lists_and_strings() {
    for (keys, tags) in [
        (
            "tags: [b, a, ' b ', '', 2018, 1.10, yes, ~]",
            &["b", "a", "2018", "1.10", "yes"][..],
        ),
        ("tags: a, b ,,c", &["a", "b", "c"]),
        ("tags: standing desk", &["standing desk"]),
        ("tags: 2018", &["2018"]),
        ("tags:\n - a, b", &["a, b"]),
        ("tags:", &[]),
        ("tags: []\ntaxonomies: {tags: [z]}", &[]),
        ("taxonomies: {tags: [z]}", &["z"]),
        ("taxonomies: {categories: [z]}\nkeywords: k", &[]),
    ] {
        assert_eq!(with(keys).tags, tags, "{keys}");
    }
    assert_eq!(
        error("tags: {a: b}"),
        (2, "tags is not a list of text".into())
    );
    assert_eq!(
        error("tags: [[a]]"),
        (2, "tags is not a list of text".into())
    );
}

#[test]
fn the_summary_under_its_three_names() {
    for (keys, summary) in [
        ("summary: a\ndescription: b", "a"),
        ("summary: ''\ndescription: b", "b"),
        ("excerpt: >\n  c\n  d", "c d"),
        ("excerpt: true", ""),
        ("excerpt: [a]", ""),
        ("a: b", ""),
    ] {
        assert_eq!(with(keys).summary, summary, "{keys}");
    }
}

#[test]
fn a_body_over_the_limit_is_an_error_where_it_begins() {
    let of = |size: usize| format!("---\na: b\n---\n{}", "x".repeat(size));
    assert_eq!(post_of("x.md", &of(1000)).body.len(), 1000);
    assert_eq!(
        outcome_of("x.md", &of(1001)).unwrap_err(),
        (
            4,
            "1001 bytes, more than the 1000 a body may have; split the post".into()
        )
    );
}
