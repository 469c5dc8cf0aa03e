//! `import posts`: what a file becomes, what is passed over, and that once is enough.

use serde_json::Value;

use crate::support::{Finished, Home, Server};

pub(super) fn import(home: &Home, folder: &str) -> Finished {
    let folder = home.path().join(folder);
    home.run(&["import", "posts", &folder.to_string_lossy()])
}

/// Imports `posts/` of the home, which must go well, and serves the result.
fn imported(home: &Home) -> Server {
    let finished = import(home, "posts");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    home.serve().start()
}

pub(super) fn read(server: &Server, slug: &str) -> Value {
    let encoded: String = slug.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answer = server.get(&format!("/posts/{encoded}?count=false"));
    assert_eq!(
        answer.status,
        200,
        "{slug}: {}; there are {:?}",
        answer.text(),
        slugs(server)
    );
    answer.json()
}

pub(super) fn slugs(server: &Server) -> Vec<String> {
    let list = server.get("/posts?limit=100").json();
    let items = list["items"].as_array().expect("items");
    let mut slugs: Vec<String> = items
        .iter()
        .map(|item| item["slug"].as_str().expect("a slug").to_owned())
        .collect();
    slugs.sort();
    slugs
}

#[test]
fn front_matter_of_either_kind_or_none_is_understood() {
    let home = Home::new();
    home.write(
        "posts/yaml.md",
        "---\ntitle: \"From YAML\"\ndate: 2021-03-04\ntags: [a, b]\n---\nYAML body\n",
    );
    home.write("posts/toml.md", "+++\ntitle = \"From TOML\"\ndate = 2021-03-05T06:07:08+09:00\ntags = [\"c\"]\n+++\nTOML body\n");
    home.write("posts/none.md", "# From the heading\n\nBody under it\n");
    home.write("posts/bare.md", "Nothing but text\n");
    let server = imported(&home);
    let yaml = read(&server, "yaml");
    assert_eq!(
        (&yaml["title"], &yaml["body"]),
        (&"From YAML".into(), &"YAML body\n".into())
    );
    assert_eq!(yaml["tags"], serde_json::json!(["a", "b"]));
    assert!(
        yaml["published_at"]
            .as_str()
            .expect("a time")
            .starts_with("2021-03-04T00:00:00"),
        "{yaml}"
    );
    let toml = read(&server, "toml");
    assert_eq!(
        (&toml["title"], &toml["body"]),
        (&"From TOML".into(), &"TOML body\n".into())
    );
    assert!(
        toml["published_at"]
            .as_str()
            .expect("a time")
            .starts_with("2021-03-04T21:07:08"),
        "{toml}"
    );
    let none = read(&server, "none");
    assert_eq!(
        (&none["title"], &none["body"]),
        (
            &"From the heading".into(),
            &"# From the heading\n\nBody under it\n".into()
        )
    );
    assert_eq!(read(&server, "bare")["title"], "bare");
}

#[test]
fn slugs_come_from_the_front_matter_or_the_name() {
    let home = Home::new();
    home.write("posts/a.md", "---\ntitle: A\nslug: chosen\n---\n");
    home.write(
        "posts/b.md",
        "---\ntitle: B\npermalink: /blog/2020/by-permalink/\n---\n",
    );
    home.write(
        "posts/c.md",
        "+++\ntitle = \"C\"\npath = \"some/by-path\"\n+++\n",
    );
    home.write(
        "posts/d.md",
        "---\ntitle: D\nurl: https://example.org/x/by-url.html\n---\n",
    );
    home.write("posts/2019-08-07-dated.md", "---\ntitle: E\n---\n");
    home.write("posts/2016-10-08_underscored.md", "text");
    home.write("posts/in-a-folder/index.md", "---\ntitle: F\n---\n");
    let server = imported(&home);
    for slug in [
        "chosen",
        "by-permalink",
        "by-path",
        "dated",
        "underscored",
        "in-a-folder",
    ] {
        read(&server, slug);
    }
    assert!(
        read(&server, "dated")["published_at"]
            .as_str()
            .expect("a time")
            .starts_with("2019-08-07")
    );
    assert!(
        slugs(&server).iter().any(|slug| slug.starts_with("by-url")),
        "{:?}",
        slugs(&server)
    );
}

#[test]
fn dates_come_in_many_shapes() {
    let home = Home::new();
    let shapes = [
        ("2020-01-02", "2020-01-02T00:00:00Z"),
        ("2020-1-2", "2020-01-02T00:00:00Z"),
        ("2020-01-02 03:04", "2020-01-02T03:04:00Z"),
        ("2020-01-02 03:04:05", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05.678Z", "2020-01-02T03:04:05"),
        ("2020-01-02 03:04:05 +0900", "2020-01-01T18:04:05Z"),
        ("2020-01-02T03:04:05+09:00", "2020-01-01T18:04:05Z"),
        ("\"2020-01-02\"", "2020-01-02T00:00:00Z"),
        ("'2020-01-02T03:04:05-05:00'", "2020-01-02T08:04:05Z"),
    ];
    for (number, (shape, _)) in shapes.iter().enumerate() {
        home.write(
            &format!("posts/date-{number}.md"),
            format!("---\ntitle: D\ndate: {shape}\n---\n"),
        );
    }
    let server = imported(&home);
    for (number, (shape, instant)) in shapes.iter().enumerate() {
        let published = read(&server, &format!("date-{number}"))["published_at"].clone();
        let published = published.as_str().expect("a time");
        assert!(
            published.starts_with(instant.trim_end_matches('Z')),
            "{shape} became {published}"
        );
    }
}

#[test]
fn bytes_that_trip_parsers_are_taken() {
    let home = Home::new();
    home.write(
        "posts/bom.md",
        "\u{feff}---\ntitle: Marked\n---\nAfter the mark\n",
    );
    home.write(
        "posts/crlf.md",
        "---\r\ntitle: Returned\r\ntags: [x]\r\n---\r\nOne\r\nTwo\r\n",
    );
    home.write("posts/dots.md", "---\ntitle: Dotted\n...\nAfter dots\n");
    home.write("posts/empty.md", "");
    home.write("posts/only.md", "---\ntitle: Only front matter\n---");
    home.write("posts/rule.md", "Text\n\n---\n\nnot front matter\n");
    home.write(
        "posts/inside.md",
        "---\ntitle: Inside\n---\nText\n---\nmore\n+++\n",
    );
    home.write("posts/tags.md", "---\ntitle: Tags\ntags: a, b\n---\n");
    let server = imported(&home);
    assert_eq!(read(&server, "bom")["title"], "Marked");
    assert_eq!(read(&server, "bom")["body"], "After the mark\n");
    assert_eq!(read(&server, "crlf")["title"], "Returned");
    assert_eq!(read(&server, "crlf")["body"], "One\r\nTwo\r\n");
    assert_eq!(read(&server, "dots")["body"], "After dots\n");
    assert_eq!(read(&server, "empty")["body"], "");
    assert_eq!(read(&server, "only")["title"], "Only front matter");
    assert_eq!(
        read(&server, "rule")["body"],
        "Text\n\n---\n\nnot front matter\n"
    );
    assert_eq!(read(&server, "inside")["body"], "Text\n---\nmore\n+++\n");
    assert!(
        !read(&server, "tags")["tags"]
            .as_array()
            .expect("tags")
            .is_empty()
    );
}

#[test]
fn names_of_any_kind_become_slugs() {
    let home = Home::new();
    for name in [
        "with space.md",
        "sharp#name.md",
        "percent%20name.md",
        "한글 이름.md",
        "カタカナ.md",
        "ひらがな/index.md",
    ] {
        home.write(&format!("posts/{name}"), format!("body of {name}"));
    }
    let server = imported(&home);
    let slugs = slugs(&server);
    assert_eq!(slugs.len(), 6, "{slugs:?}");
    for slug in &slugs {
        let fits = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
        assert!(slug.chars().all(fits), "{slug:?} is no slug");
        read(&server, slug);
    }
    for slug in ["with-space", "한글-이름", "カタカナ", "ひらがな"] {
        assert!(
            slugs.iter().any(|known| known == slug),
            "{slug} is not in {slugs:?}"
        );
    }
}

#[test]
fn front_matter_leads_nowhere_outside() {
    let home = Home::new();
    home.write(
        "posts/a.md",
        "---\ntitle: A\nslug: ../../../etc/passwd\n---\nA",
    );
    home.write(
        "posts/b.md",
        "---\ntitle: B\npath: /../../b%2f..%2fc\n---\nB",
    );
    home.write(
        "posts/c.md",
        "+++\ntitle = \"C\"\nslug = \"a/../../b\\u0000\"\n+++\nC",
    );
    let finished = import(&home, "posts");
    assert!(matches!(finished.code, Some(0 | 1)), "{finished:?}");
    let server = home.serve().start();
    for slug in slugs(&server) {
        let fits = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
        assert!(slug.chars().all(fits), "{slug:?} is no slug");
    }
}

#[test]
fn drafts_hidden_and_future_files_are_passed_over_and_counted() {
    let home = Home::new();
    home.write("posts/shown.md", "shown");
    home.write("posts/draft.md", "---\ntitle: D\ndraft: true\n---\n");
    home.write(
        "posts/draft-toml.md",
        "+++\ntitle = \"D\"\ndraft = true\n+++\n",
    );
    home.write("posts/.hidden.md", "hidden");
    home.write("posts/.folder/inside.md", "hidden");
    home.write("posts/future.md", "---\ntitle: F\ndate: 2999-01-01\n---\n");
    home.write("posts/image.png", "not Markdown");
    let finished = import(&home, "posts");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let said = format!("{}{}", finished.stdout, finished.stderr).to_lowercase();
    for word in ["draft", "hidden", "future"] {
        assert!(said.contains(word), "{word} is not mentioned: {said}");
    }
    assert_eq!(slugs(&home.serve().start()), ["shown"]);
}

#[test]
fn importing_again_changes_nothing() {
    let home = Home::new();
    home.write("posts/a.md", "---\ntitle: A\n---\nfirst");
    home.write("posts/b/a.md", "---\ntitle: Also a\n---\nsecond");
    let first = import(&home, "posts");
    assert_eq!(first.code, Some(0), "{first:?}");
    let said = format!("{}{}", first.stdout, first.stderr);
    assert!(said.contains("a-2"), "a slug given up is reported: {said}");
    let dump = |home: &Home| {
        let server = home.serve().start();
        let posts =
            ["a", "a-2"].map(|slug| server.get(&format!("/posts/{slug}?count=false")).text());
        assert_eq!(slugs(&server), ["a", "a-2"]);
        posts
    };
    let before = dump(&home);
    let again = import(&home, "posts");
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(dump(&home), before);
}

#[test]
fn a_changed_file_updates_its_post_and_keeps_its_views() {
    let home = Home::new();
    home.write("posts/a.md", "---\ntitle: A\n---\nbefore");
    let server = imported(&home);
    let id = read(&server, "a")["id"].clone();
    for _ in 0..4 {
        assert_eq!(server.get("/posts/a").status, 200);
    }
    assert_eq!(server.stop().code, Some(0));
    home.write(
        "posts/a.md",
        "---\ntitle: A better\nslug: better\n---\nafter",
    );
    let server = imported(&home);
    let post = read(&server, "better");
    assert_eq!(
        (&post["id"], &post["title"], &post["body"]),
        (&id, &"A better".into(), &"after".into())
    );
    assert_eq!(post["views"], 4);
    assert_eq!(slugs(&server), ["better"]);
}

#[test]
fn serve_imports_at_start() {
    let home = Home::new();
    home.write("posts/a.md", "# A\n");
    let folder = home.path().join("posts");
    let server = home
        .serve()
        .flag("--import", &folder.to_string_lossy())
        .start();
    assert_eq!(read(&server, "a")["title"], "A");
}
