//! `import posts`: what cannot be imported is reported, and the rest is imported.

use super::posts::{import, read, slugs};
use crate::support::Home;

#[test]
fn a_bad_file_is_reported_with_its_line_and_the_rest_is_imported() {
    let home = Home::new();
    home.write("posts/good.md", "---\ntitle: Good\n---\n");
    home.write(
        "posts/bad-yaml.md",
        "---\ntitle: Bad\nother: [unclosed\n---\n",
    );
    home.write(
        "posts/bad-toml.md",
        "+++\ntitle = \"Bad\"\ndate = = 3\n+++\n",
    );
    home.write("posts/not-utf-8.md", b"first line\nsecond \xff\xfe line\n");
    home.write("posts/unended.md", "---\ntitle: Never ends\n\ntext\n");
    let finished = import(&home, "posts");
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for (file, line) in [
        ("bad-yaml.md", None),
        ("bad-toml.md", Some(3)),
        ("not-utf-8.md", Some(2)),
    ] {
        let report = finished.stderr.lines().find(|report| report.contains(file));
        let report =
            report.unwrap_or_else(|| panic!("{file} is not reported in {}", finished.stderr));
        let (_, place) = report
            .split_once(&format!("{file}:"))
            .unwrap_or_else(|| panic!("no line in {report}"));
        let number: usize = place
            .split(|sign: char| !sign.is_ascii_digit())
            .next()
            .unwrap_or_default()
            .parse()
            .unwrap_or_else(|_| panic!("no line in {report}"));
        assert!(
            (1..=4).contains(&number) && line.is_none_or(|line| line == number),
            "{report}"
        );
    }
    let server = home.serve().start();
    read(&server, "good");
    assert!(
        !slugs(&server).iter().any(|slug| slug.starts_with("bad")),
        "{:?}",
        slugs(&server)
    );
}

#[test]
fn what_may_not_be_read_is_reported_and_the_rest_is_imported() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.write("posts/shut/a.md", "text");
    home.write("posts/open.md", "text");
    let file = home.write("posts/secret.md", "text");
    let folder = home.path().join("posts/shut");
    let chmod = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    chmod(&folder, 0o000);
    chmod(&file, 0o000);
    let finished = home.run_without_privileges(&["import", "posts", "posts"]);
    chmod(&folder, 0o700);
    let Some(finished) = finished else { return };
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for name in ["shut", "secret.md"] {
        let line = finished
            .stderr
            .lines()
            .find(|line| line.contains(name))
            .unwrap_or_else(|| panic!("{name} is not in {}", finished.stderr));
        assert!(line.contains("permission denied"), "{line}");
    }
    assert!(finished.stdout.contains("2 failed"), "{finished:?}");
    assert_eq!(slugs(&home.serve().start()), ["open"]);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let home = Home::new();
    let finished = import(&home, "nowhere");
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("nowhere"), "{}", finished.stderr);
}
