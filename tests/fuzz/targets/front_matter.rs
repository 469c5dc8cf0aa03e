//! Files of posts: whatever a file holds, its post is valid, errors name a line that is there, and a post written again in
//! either language is read alike.
//!
//! Input: a byte that chooses the file's name and the language, and its text.

#![no_main]

use std::path::Path;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use viewtally::internals::import::{
    FileLocation, ImportedPost, KeyValue, Outcome, Value, from_text, is_valid_slug, slugify, split,
};

const FILES: [&str; 5] = [
    "a.md",
    "2020-01-02-Hello World.md",
    "2020-1-2.md",
    "über/index.md",
    "123/_index.md",
];

/// More than any input has.
const MAX_BODY: u64 = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let Some((number, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    let file = FILES[usize::from(*number) % FILES.len()];
    let lines = text.split('\n').count();
    match split(text) {
        Ok((keys, body)) => {
            assert!(text.ends_with(body));
            assert!(keys.0.is_empty() || body.len() < text.len());
            check_lines(&keys.0, lines);
        }
        Err((line, error)) => {
            assert!(
                (1..=lines).contains(&line),
                "line {line} of {lines}: {error}"
            );
            assert!(!error.to_string().contains('\n'));
        }
    }
    let slug = slugify(text);
    assert!(is_valid_slug(&slug) && slugify(&slug) == slug, "{slug:?}");
    if let Ok(Outcome::Post(post)) = read(text, file) {
        check_post(&post, text);
        // One of the languages at a time: parsing takes nearly all of the time.
        let again = match number % 2 {
            0 => as_yaml(&post),
            _ => as_toml(&post),
        };
        match read(&again, "other.md") {
            Ok(Outcome::Post(read)) => assert_eq!(told(&read), told(&post), "{again}"),
            other => panic!("{other:?}: {again}"),
        }
    }
});

fn read(text: &str, file: &str) -> Result<Outcome, String> {
    let root = Path::new("/posts");
    let location = FileLocation::of(&root.join(file), root).map_err(|error| error.to_string())?;
    let now = Timestamp::from_second(1_800_000_000).expect("in the calendar");
    from_text(text, location, file.to_owned(), now, MAX_BODY).map_err(|(line, error)| {
        let lines = text.split('\n').count();
        assert!(
            (1..=lines).contains(&line),
            "line {line} of {lines}: {error}"
        );
        error.to_string()
    })
}

fn check_lines(entries: &[KeyValue], lines: usize) {
    for entry in entries {
        assert!(
            (2..=lines).contains(&entry.line),
            "{entry:?} of {lines} lines"
        );
        if let Value::Table(inner) = &entry.value {
            check_lines(inner, lines);
        }
    }
}

fn check_post(post: &ImportedPost, text: &str) {
    assert!(is_valid_slug(&post.slug), "{:?}", post.slug);
    assert!(
        (1..=500).contains(&post.title.chars().count()),
        "{:?}",
        post.title
    );
    for line in [&post.title].into_iter().chain(&post.tags) {
        assert!(
            !line.chars().any(char::is_control) && line.trim() == line && !line.is_empty(),
            "{line:?}"
        );
    }
    let tags: std::collections::HashSet<&String> = post.tags.iter().collect();
    assert_eq!(tags.len(), post.tags.len());
    assert!(text.ends_with(&post.body));
}

/// What a post says, but for its file.
fn told(post: &ImportedPost) -> impl PartialEq + std::fmt::Debug {
    (
        post.slug.clone(),
        post.title.clone(),
        post.summary.clone(),
        post.body.clone(),
        post.tags.clone(),
        post.published_at,
        post.updated_at,
    )
}

fn as_yaml(post: &ImportedPost) -> String {
    written(post, ": ", "---")
}

fn as_toml(post: &ImportedPost) -> String {
    written(post, " = ", "+++")
}

fn written(post: &ImportedPost, between: &str, fence: &str) -> String {
    let mut text = format!("{fence}\n");
    let mut line = |key: &str, value: String| text += &format!("{key}{between}{value}\n");
    line("title", quoted(&post.title));
    line("slug", quoted(&post.slug));
    if !post.summary.is_empty() {
        line("summary", quoted(&post.summary));
    }
    let tags: Vec<String> = post.tags.iter().map(|tag| quoted(tag)).collect();
    line("tags", format!("[{}]", tags.join(", ")));
    for (key, time) in [("date", post.published_at), ("updated", post.updated_at)] {
        if let Some(time) = time {
            let time = Timestamp::from_millisecond(time).expect("in the calendar");
            line(key, quoted(&time.to_string()));
        }
    }
    text + fence + "\n" + &post.body
}

/// A string of both languages.
fn quoted(text: &str) -> String {
    let signs = text.chars().map(|sign| match sign {
        ' ' | '!' | '#'..='[' | ']'..='~' => sign.to_string(),
        '\0'..='\u{ffff}' => format!("\\u{:04X}", u32::from(sign)),
        _ => format!("\\U{:08X}", u32::from(sign)),
    });
    format!("\"{}\"", signs.collect::<String>())
}
