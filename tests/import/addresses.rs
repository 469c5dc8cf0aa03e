//! One rule says which post an address names: for the posts of files, for logs, and for the snippet.

use std::collections::BTreeMap;
use std::process::Command;

use fastrand::Rng;

use super::posts::slugs;
use crate::support::{Home, missing};

/// What the snippet makes of paths; `None` where there is no Node.
fn snippet_slugs(home: &Home, paths: &[String]) -> Option<Vec<String>> {
    let root = env!("CARGO_MANIFEST_DIR");
    let list = home.write("paths.txt", paths.join("\n") + "\n");
    let node = Command::new("node")
        .arg(format!("{root}/tests/embed/data/slugs.js"))
        .arg(format!("{root}/src/embed/viewtally.js"))
        .arg(list)
        .output();
    let Ok(output) = node else {
        missing("node does not run (on Debian: apt-get install nodejs)");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    Some(text.lines().map(str::to_owned).collect())
}

const PIECES: [&str; 48] = [
    "/",
    "/",
    "/",
    "/",
    "a",
    "B",
    "c-d",
    "--",
    "-",
    "_",
    ".",
    "..",
    ".html",
    ".HTM",
    ".htm",
    "index",
    "index.html",
    "INDEX.html",
    "2023",
    "05",
    "1",
    "32",
    "2023-05-01-",
    "2023-5-1_",
    "99",
    "v1.2",
    "%20",
    "%2F",
    "%2f",
    "%25",
    "%C3%A9",
    "e%CC%81",
    "%EA%B0%80",
    "%E1%84%92%E1%85%A1%E1%86%AB",
    "%F0%9F%8E%89",
    "%FF",
    "%C3",
    "%zz",
    "%",
    "%EF%BB%BF",
    "%CE%A3",
    "%C4%B0",
    "%D9%A3",
    "+",
    "&",
    "~",
    ";x=1",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

fn random_path(random: &mut Rng) -> String {
    let pieces = (0..random.usize(0..12)).map(|_| PIECES[random.usize(..PIECES.len())]);
    "/".to_owned() + &pieces.collect::<String>()
}

#[test]
fn logs_and_the_snippet_name_the_same_posts() {
    let home = Home::new();
    let mut random = Rng::with_seed(1);
    let paths: Vec<String> = (0..5_000).map(|_| random_path(&mut random)).collect();
    let Some(of_snippet) = snippet_slugs(&home, &paths) else {
        return;
    };
    let line = |path: &String| {
        format!("192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET {path} HTTP/1.1\" 200 12\n")
    };
    home.write("a.log", paths.iter().map(line).collect::<String>());
    let finished = home.run(&["import", "log", "a.log", "--create", "--assets"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
    for slug in of_snippet.iter().filter(|slug| !slug.is_empty()) {
        *expected.entry(slug).or_default() += 1;
    }
    let csv = home.run(&["export", "--format", "csv"]).stdout;
    let found: BTreeMap<&str, i64> = csv
        .lines()
        .skip(1)
        .map(|row| {
            let cells: Vec<&str> = row.split(',').collect();
            (cells[1], cells[2].parse().expect("views"))
        })
        .collect();
    assert!(expected.len() > 500, "{}", expected.len());
    let differing: Vec<_> = expected
        .keys()
        .chain(found.keys())
        .filter(|slug| expected.get(*slug) != found.get(*slug))
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn a_file_and_its_page_name_the_same_post() {
    // What generators make of these files by default.
    let pages = [
        ("_posts/2016-10-08-A Post.md", "/2016/10/08/A%20Post.html"),
        ("content/posts/Hello.md", "/posts/hello/"),
        ("content/blog/2024/v10.12.0.md", "/blog/2024/v10.12.0"),
        ("content/2023/05/01/trip/index.md", "/2023/05/01/trip/"),
        ("content/2018/_index.md", "/2018/"),
        ("content/2019/05/_index.md", "/2019/05/"),
        ("src/DB와 JSON.md", "/DB%EC%99%80%20JSON/index.html"),
        (
            "src/2020-01-02-kept-by-hugo.md",
            "/2020-01-02-kept-by-hugo/",
        ),
        ("src/100%25.md", "/100%2525/"),
        ("src/cafe\u{301}.md", "/caf%C3%A9"),
    ];
    let home = Home::new();
    for (file, _) in pages {
        home.write(&format!("site/{file}"), "# A title\n");
    }
    let keys = [
        ("slug: 2024/Chosen Name", "/blog/2024/Chosen%20Name"),
        (
            "permalink: /2020/02/03/Fixed.html",
            "/2020/02/03/Fixed.html",
        ),
        ("url: https://example.org/by-url/index.html", "/by-url/"),
    ];
    for (number, (key, _)) in keys.iter().enumerate() {
        home.write(&format!("site/{number}.md"), format!("---\n{key}\n---\n"));
    }
    let finished = home.run(&["import", "posts", "site"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("taken"), "{finished:?}");
    let imported = slugs(&home.serve().start());
    let addresses = pages
        .iter()
        .chain(&keys)
        .map(|(_, page)| (*page).to_owned());
    let addresses: Vec<String> = addresses.collect();
    let Some(mut of_pages) = snippet_slugs(&home, &addresses) else {
        return;
    };
    of_pages.sort();
    assert_eq!(of_pages, imported);
}
