//! Posts and their index in a real browser.

use std::path::Path;

use crate::support::browser::{Browser, Tab};
use crate::support::page::{DESK, NARROW, NIGHT, PHONE, Screen};
use crate::support::{Home, Server, missing, until};

const BODY: &str = "Some *text* with a [link](/posts/other) and a note[^1].\n\n## Under it\n\n\
    | a | b | c |\n|---|---|---|\n| aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb | c |\n\n\
    ```rust\nfn main() { println!(\"a line that is longer than a narrow screen, by far, and scrolls by itself\"); }\n```\n\n\
    https://example.org/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\n\
    - [x] done\n\n[^1]: The note.\n";

fn site(home: &Home) -> Server {
    let server = home.serve().flag("--tz", "UTC").start();
    for slug in ["other", "hello"] {
        let post = serde_json::json!({
            "slug": slug, "title": format!("The {slug} post"), "summary": "A summary.", "body": BODY,
            "tags": ["one", "another tag"],
        });
        assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
    }
    server
}

pub fn open(browser: &mut Browser, server: &Server, path: &str, screen: Screen) -> Tab {
    let tab = browser.tab(screen);
    browser.visit(&tab, &format!("http://{}{path}", server.address));
    tab
}

#[test]
fn reading_a_page_counts_once_and_breaks_no_policy() {
    let home = Home::new();
    let server = site(&home);
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let tab = open(&mut browser, &server, "/posts/hello", DESK);
    until("the view is counted", || server.views("hello") == 1);
    let title = browser.evaluate(&tab, "document.querySelector('h1').innerText");
    assert_eq!(title, "The hello post");
    // The style sheet is in force: its colours are those of the code.
    let colours = "new Set([...document.querySelectorAll('pre span')].map(e => getComputedStyle(e).color)).size >= 3";
    assert_eq!(browser.evaluate(&tab, colours), true);
    assert_eq!(browser.violations(&tab), [""; 0]);
    for address in browser.loaded(&tab) {
        let own = format!("http://{}/", server.address);
        assert!(address.starts_with(&own), "loads {address}");
    }
    // By keyboard: past the link that skips, the site and its parts, into the text.
    let focused = "document.activeElement.getAttribute('href') === '/posts/other'";
    for _ in 0..10 {
        if browser.evaluate(&tab, focused) == true {
            break;
        }
        browser.press(&tab, "Tab");
    }
    assert_eq!(browser.evaluate(&tab, focused), true);
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, "document.title", "The other post");
    until("the other's view is counted", || server.views("other") == 1);
    drop(browser);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 2);
}

#[test]
fn no_page_of_posts_scrolls_sideways_on_a_narrow_screen() {
    let home = Home::new();
    let server = site(&home);
    let Some(mut browser) = Browser::start() else {
        return;
    };
    for path in [
        "/posts/hello",
        "/posts",
        "/posts?tag=another%20tag&q=the",
        "/nothing",
    ] {
        let tab = open(&mut browser, &server, path, NARROW);
        assert!(!browser.scrolls_sideways(&tab), "{path}");
        assert_eq!(browser.violations(&tab), [""; 0], "{path}");
    }
}

#[test]
fn pages_of_posts_work_without_scripts() {
    let home = Home::new();
    let server = site(&home);
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let tab = browser.tab(DESK);
    browser.without_scripts(&tab);
    browser.visit(&tab, &format!("http://{}/posts", server.address));
    let links = "document.querySelectorAll('.posts h2 a').length";
    assert_eq!(browser.evaluate(&tab, links), 2);
    browser.evaluate(&tab, "document.querySelector('input[name=q]').focus()");
    browser.type_text(&tab, "hello");
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, links, 1);
    let address = browser.evaluate(&tab, "location.search");
    assert_eq!(address, "?q=hello");
}

#[test]
fn pictures_of_real_posts_are_taken() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/posts");
    if !data.is_dir() {
        missing("there are no posts in ../shared/data");
        return;
    }
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    home.run(&["import", "posts", &data.to_string_lossy()]);
    let server = home.serve().flag("--tz", "UTC").start();
    let empty_home = Home::new();
    let empty = empty_home.serve().start();
    let code = "/posts/setting-up-your-python-development-workflow-in-2021";
    for (name, server, path) in [
        ("index", &server, "/posts"),
        ("index-empty", &empty, "/posts"),
        ("post", &server, code),
        (
            "post-ko",
            &server,
            "/posts/dotnet의-async-await는-실제로-어떻게-동작할까",
        ),
        ("post-ja", &server, "/posts/rust-detect-confusable-alphabet"),
        ("problem", &server, "/nothing"),
    ] {
        for (screen, kind) in [(DESK, "light"), (NIGHT, "dark"), (PHONE, "phone")] {
            let tab = open(&mut browser, server, path, screen);
            assert!(!browser.scrolls_sideways(&tab), "{path}, {kind}");
            let file = browser.picture(&tab, &format!("{name}-{kind}"));
            assert!(file.metadata().is_ok_and(|file| file.len() > 1_000));
        }
    }
}
