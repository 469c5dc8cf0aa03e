//! Writing as a person does it, in a real browser.

use serde_json::json;

use crate::support::browser::{Browser, Tab};
use crate::support::http::TOKEN;
use crate::support::page::{DESK, NARROW, NIGHT, PHONE, Screen};
use crate::support::{Home, Server};

/// A text with what Markdown has, in two scripts.
pub const TEXT: &str = "Counting is *easy* until two readers come at once.\n\n## What happens\n\n\
    1. A reader gets the post.\n2. The view goes down a channel.\n\n\
    ```rust\nfn main() {\n    println!(\"counted\");\n}\n```\n\n\
    | what | how many |\n|---|---:|\n| views | 1,234 |\n\n> 읽기는 세는 일을 기다리지 않는다.\n";

pub fn url(server: &Server, path: &str) -> String {
    format!("http://{}{path}", server.address)
}

/// A tab whose browser is signed in.
pub fn signed_in(browser: &mut Browser, server: &Server, screen: Screen) -> Tab {
    let tab = browser.tab(screen);
    browser.visit(&tab, &url(server, "/sign-in?next=/write"));
    browser.fill(&tab, "#page-token", TOKEN);
    browser.submit(&tab, "main button");
    browser.wait_for(&tab, "location.pathname", "/write");
    tab
}

#[test]
fn a_post_is_written_edited_deleted_and_brought_back() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    let server = home.serve().start();
    let tab = signed_in(&mut browser, &server, DESK);
    browser.fill(&tab, "#page-title", "On counting");
    browser.fill(&tab, "#page-body", TEXT);
    // The preview opens beside the text and follows it.
    browser.evaluate(&tab, "document.querySelector('[value=preview]').click()");
    browser.wait_for(&tab, "document.querySelector('#page-preview h3')?.textContent ?? document.querySelector('#page-preview .prose h2')?.textContent", "What happens");
    browser.fill(&tab, "#page-body", &format!("{TEXT}\nAnd *more*."));
    browser.wait_for(
        &tab,
        "document.querySelector('#page-preview .prose > p:last-child')?.innerHTML",
        "And <em>more</em>.",
    );
    assert_eq!(browser.violations(&tab), [""; 0]);
    browser.submit(&tab, "[value=save]");
    browser.wait_for(
        &tab,
        "location.pathname + location.search",
        "/write/1?saved",
    );
    assert_eq!(
        browser.evaluate(
            &tab,
            "document.querySelector('[role=status]').innerText.startsWith('Saved.')"
        ),
        true
    );
    assert_eq!(
        browser.evaluate(&tab, "document.querySelector('#page-body').value"),
        format!("{TEXT}\nAnd *more*.")
    );

    // Somebody else edits it meanwhile.
    let other = json!({"title": "Theirs", "body": "their text"});
    assert_eq!(server.send_json("PUT", "/posts/1", &other).status, 200);
    browser.fill(&tab, "#page-title", "Mine");
    browser.submit(&tab, "[value=save]");
    browser.wait_for(
        &tab,
        "document.querySelector('#page-stored-body')?.value",
        "their text",
    );
    assert_eq!(
        browser.evaluate(&tab, "document.querySelector('#page-title').value"),
        "Mine"
    );
    browser.picture(&tab, "write-conflict-light");
    browser.submit(&tab, "[value=save]");
    browser.wait_for(
        &tab,
        "location.pathname + location.search",
        "/write/1?saved",
    );
    assert_eq!(server.get("/posts/1?count=false").json()["title"], "Mine");

    browser.submit(&tab, "[value=delete]");
    browser.wait_for(&tab, "document.querySelector('h1').innerText", "Deleted");
    assert_eq!(server.get("/posts/1").status, 404);
    browser.picture(&tab, "write-deleted-light");
    browser.submit(&tab, "[value=undo]");
    browser.wait_for(
        &tab,
        "location.pathname + location.search",
        "/write/1?restored",
    );
    assert_eq!(server.get("/posts/1?count=false").json()["title"], "Mine");

    // What the script may not see.
    assert_eq!(browser.evaluate(&tab, "document.cookie"), "");
    browser.submit(&tab, "header form button");
    browser.wait_for(&tab, "location.pathname", "/posts");
    browser.visit(&tab, &url(&server, "/write"));
    assert_eq!(
        browser.evaluate(&tab, "document.querySelector('h1').innerText"),
        "Sign in"
    );
    assert_eq!(browser.violations(&tab), [""; 0]);
}

#[test]
fn it_works_by_keyboard_alone_and_without_scripts() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    let server = home.serve().start();
    let tab = browser.tab(DESK);
    browser.without_scripts(&tab);
    browser.visit(&tab, &url(&server, "/write"));
    // The token has the focus already.
    browser.type_text(&tab, TOKEN);
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, "document.querySelector('h1')?.innerText", "New post");
    tab_to(&mut browser, &tab, "page-title");
    browser.type_text(&tab, "By keys");
    tab_to(&mut browser, &tab, "page-body");
    browser.type_text(&tab, "Only *keys*.");
    tab_to(&mut browser, &tab, "preview");
    browser.press(&tab, "Enter");
    browser.wait_for(
        &tab,
        "document.querySelector('#page-preview em')?.innerText",
        "keys",
    );
    assert_eq!(browser.evaluate(&tab, "location.hash"), "#page-preview");
    assert_eq!(server.get("/posts").json()["items"], json!([]));
    tab_to(&mut browser, &tab, "save");
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, "location.search", "?saved");
    assert_eq!(
        server.get("/posts/by-keys?count=false").json()["body"],
        "Only *keys*."
    );
    tab_to(&mut browser, &tab, "delete");
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, "document.querySelector('h1')?.innerText", "Deleted");
    tab_to(&mut browser, &tab, "undo");
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, "location.search", "?restored");
}

/// Presses Tab until the element has the focus that has this id or value.
fn tab_to(browser: &mut Browser, tab: &Tab, name: &str) {
    let at = "document.activeElement.id || document.activeElement.value";
    for _ in 0..60 {
        if browser.evaluate(tab, at) == name {
            let shown = "getComputedStyle(document.activeElement).outlineStyle";
            assert_ne!(
                browser.evaluate(tab, shown),
                "none",
                "{name} shows no focus"
            );
            return;
        }
        browser.press(tab, "Tab");
    }
    panic!("no Tab leads to {name}");
}

#[test]
fn pages_of_writing_fit_every_screen() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    let server = home.serve().start();
    let long = "한".repeat(60) + &"x".repeat(120);
    let post = json!({"title": "On counting", "body": TEXT, "tags": ["counting", "한글"], "summary": "How views are counted."});
    assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
    let post = json!({"title": long, "slug": "x".repeat(200), "body": long, "tags": [long[..90]]});
    assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
    let tab = signed_in(&mut browser, &server, DESK);
    for (screen, kind) in [
        (DESK, "light"),
        (NIGHT, "dark"),
        (PHONE, "phone"),
        (NARROW, "narrow"),
    ] {
        browser.resize(&tab, screen);
        for (path, name) in [
            ("/sign-in", "sign-in"),
            ("/write", "write-new"),
            ("/write/1", "write"),
            ("/write/2", "write-long"),
            ("/posts/1/stats", "stats-signed-in"),
        ] {
            browser.visit(&tab, &url(&server, path));
            if path == "/write/1" || path == "/write/2" {
                browser.evaluate(&tab, "document.querySelector('[value=preview]').click()");
                browser.wait_for(
                    &tab,
                    "Boolean(document.querySelector('#page-preview .prose'))",
                    true,
                );
                browser.evaluate(&tab, "scrollTo(0, 0)");
            }
            assert!(!browser.scrolls_sideways(&tab), "{name} {kind}");
            assert_eq!(browser.violations(&tab), [""; 0], "{name} {kind}");
            if name != "write-long" || kind == "narrow" {
                browser.picture(&tab, &format!("{name}-{kind}"));
            }
        }
    }
}

#[test]
fn more_than_the_server_takes_is_not_sent() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    let server = home.serve().flag("--max-body", "4KiB").start();
    let tab = signed_in(&mut browser, &server, DESK);
    browser.fill(&tab, "#page-title", "Long");
    browser.fill(&tab, "#page-body", &"한".repeat(500));
    browser.evaluate(&tab, "document.querySelector('[value=save]').click()");
    browser.wait_for(
        &tab,
        "document.querySelector('#page-too-long').innerText.startsWith('Not saved')",
        true,
    );
    assert_eq!(
        browser.evaluate(&tab, "document.querySelector('#page-body').value.length"),
        500
    );
    browser.fill(&tab, "#page-body", &"한".repeat(300));
    browser.submit(&tab, "[value=save]");
    browser.wait_for(&tab, "location.search", "?saved");
}
