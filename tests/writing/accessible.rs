//! Barriers on the pages of writing: axe-core finds none, on a light and a dark screen.

use serde_json::json;

use super::in_browser::{TEXT, signed_in, url};
use crate::support::Home;
use crate::support::axe::Axe;
use crate::support::browser::Browser;
use crate::support::page::{DESK, NARROW, NIGHT};

#[test]
fn axe_finds_no_barrier() {
    let (Some(axe), Some(mut browser)) = (Axe::load(), Browser::start()) else {
        return;
    };
    let home = Home::new();
    let server = home.serve().start();
    let post =
        json!({"title": "On counting", "body": TEXT, "tags": ["counting"], "summary": "In short."});
    assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
    let tab = signed_in(&mut browser, &server, DESK);
    let mut found = Vec::new();
    for screen in [DESK, NIGHT, NARROW] {
        browser.resize(&tab, screen);
        // Each state of the pages, one after the other: what is done there, and what is there then.
        for (path, act, there) in [
            ("/sign-in", "", "#page-token"),
            (
                "/sign-in",
                "document.querySelector('#page-token').value = 'wrong'; document.querySelector('main button').click()",
                "#page-refusal",
            ),
            ("/", "", ".figures"),
            ("/posts/1/stats", "", "#page-viewers"),
            ("/write", "", "#page-editor"),
            (
                "/write/1?saved",
                "document.querySelector('[value=preview]').click()",
                "#page-preview .prose",
            ),
            (
                "/write",
                "document.querySelector('#page-slug').value = '1'; document.querySelector('#page-title').required = false; document.querySelector('#page-tags').value = 'x'.repeat(101); document.querySelector('[value=save]').click()",
                "#page-slug-mistake",
            ),
            (
                "/write/1",
                "document.querySelector('[name=revision]').value = '77'; document.querySelector('#page-title').value += '!'; document.querySelector('[value=save]').click()",
                "#page-stored",
            ),
            (
                "/write/1",
                "document.querySelector('[value=delete]').click()",
                "[value=undo]",
            ),
            ("/write", "", "#page-deleted-title"),
            (
                "/write/1",
                "document.querySelector('[value=undo]').click()",
                ".notice.good",
            ),
        ] {
            browser.visit(&tab, &url(&server, path));
            browser.evaluate(&tab, act);
            let shown = format!(
                "document.readyState === 'complete' && Boolean(document.querySelector('{there}'))"
            );
            browser.wait_for(&tab, &shown, true);
            let violations = axe.violations(&mut browser, &tab).into_iter();
            found.extend(violations.map(|one| format!("{path} {there}, {screen:?}: {one}")));
            assert!(
                !browser.scrolls_sideways(&tab),
                "{path} {there}, {screen:?}"
            );
            assert_eq!(browser.violations(&tab), [""; 0], "{path} {there}");
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
