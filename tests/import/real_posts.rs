//! Real posts of eleven blogs imported: each is readable, and its body is the file's, byte for byte.
//!
//! The files are no part of the repository; where they are not, these tests are skipped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Home, Server, missing};

/// The folder of real posts, if it is there.
pub fn real_posts() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/posts");
    if !folder.is_dir() {
        missing("there is no folder ../shared/data/posts beside the repository");
        return None;
    }
    Some(folder)
}

fn markdown_below(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            markdown_below(&path, into);
        } else if name.ends_with(".md") || name.ends_with(".mdx") {
            into.push(path);
        }
    }
}

/// What follows the front matter; `None` for a draft. Written anew here, as simply as can be.
fn body_of(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).expect("text");
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut lines = text.split_inclusive('\n');
    let fence = match lines.next().map(str::trim_end) {
        Some(fence @ ("---" | "+++")) => fence,
        _ => return Some(text.to_owned()),
    };
    for line in lines.by_ref() {
        let line = line.trim_end();
        if line == fence || (fence == "---" && line == "...") {
            return Some(lines.collect());
        }
        if line.replace(' ', "").starts_with("draft:true")
            || line.replace(' ', "").starts_with("draft=true")
        {
            return None;
        }
    }
    panic!("{} has no end of front matter", path.display());
}

/// Every post, by paging through the list and reading each by its id.
fn all_posts(server: &Server) -> Vec<Value> {
    let mut posts = Vec::new();
    let mut path = "/posts?limit=100".to_owned();
    loop {
        let list = server.get(&path).json();
        for item in list["items"].as_array().expect("items") {
            let id = &item["id"];
            posts.push(server.get(&format!("/posts/{id}?count=false")).json());
        }
        match list["next_cursor"].as_str() {
            Some(cursor) => path = format!("/posts?limit=100&cursor={cursor}"),
            None => return posts,
        }
    }
}

fn imported(home: &Home, folder: &Path) -> Vec<Value> {
    let finished = home.run(&["import", "posts", &folder.to_string_lossy()]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let server = home.serve().start();
    let posts = all_posts(&server);
    for post in &posts {
        let slug: String = post["slug"]
            .as_str()
            .expect("a slug")
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect();
        let by_slug = server.get(&format!("/posts/{slug}?count=false"));
        assert_eq!(by_slug.status, 200, "{}", post["slug"]);
        assert_eq!(&by_slug.json(), post);
    }
    posts
}

#[test]
fn every_real_post_is_readable_with_its_exact_body() {
    let Some(folder) = real_posts() else { return };
    let home = Home::new();
    let posts = imported(&home, &folder);
    let mut bodies: BTreeMap<&str, usize> = BTreeMap::new();
    for post in &posts {
        *bodies
            .entry(post["body"].as_str().expect("a body"))
            .or_default() += 1;
    }
    let mut files = Vec::new();
    markdown_below(&folder, &mut files);
    assert!(files.len() > 60, "{}", files.len());
    let mut missing = Vec::new();
    let mut published = 0;
    for file in &files {
        let Some(body) = body_of(file) else { continue };
        published += 1;
        match bodies.get_mut(body.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => missing.push(file),
        }
    }
    // A folder of drafts may be taken for what its name says.
    missing.retain(|file| !file.components().any(|part| part.as_os_str() == "_drafts"));
    assert!(missing.is_empty(), "no post has the body of {missing:?}");
    println!(
        "{published} of {} files are no drafts; {} posts",
        files.len(),
        posts.len()
    );
    assert!(posts.len() <= published);
}

#[test]
fn real_posts_imported_again_stay_as_they_are() {
    let Some(folder) = real_posts() else { return };
    let home = Home::new();
    let first = imported(&home, &folder);
    assert_eq!(imported(&home, &folder), first);
}
