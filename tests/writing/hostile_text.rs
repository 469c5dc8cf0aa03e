//! Text that would like to be a script, in the editor, its preview, and what else shows it.

use serde_json::json;

use super::in_browser::{signed_in, url};
use crate::pages::hostile_text::{MARK, PAYLOADS};
use crate::support::browser::{Browser, Tab};
use crate::support::page::DESK;
use crate::support::{Home, Server};

/// Looks at all that is shown, focuses what can be, and says whether anything could run.
const PROVOKE: &str = "(() => {
    for (const element of document.querySelectorAll('*')) {
        for (const attribute of element.attributes) {
            if (/^on/i.test(attribute.name)) return 'a handler: ' + element.outerHTML;
        }
        if (/^\\s*(javascript|data|vbscript):/i.test(element.href ?? '')) return 'a link: ' + element.outerHTML;
        if (element.focus) element.focus();
        element.dispatchEvent(new Event('mouseover'));
    }
    const foreign = document.querySelector('script:not([src]), iframe, object, embed, base, #page-preview-text :is(form, button, input:not([type=checkbox]), textarea, style)');
    return foreign ? 'an element: ' + foreign.outerHTML : 'inert';
})()";

fn create(server: &Server, slug: &str, text: &str) -> i64 {
    let tag: String = text.trim().chars().take(100).collect();
    let title: String = text.chars().take(400).collect();
    let post = json!({"slug": slug, "title": title, "summary": text, "body": text, "tags": [tag]});
    let answer = server.send_json("POST", "/posts", &post);
    assert_eq!(answer.status, 201, "{text}: {}", answer.text());
    answer.json()["id"].as_i64().expect("an id")
}

/// Shows a post in the editor, in its preview with and without the script's help, in a conflict, and deleted.
fn assert_inert(browser: &mut Browser, tab: &Tab, server: &Server, id: i64) {
    let steps = [
        ("", "#page-editor"),
        (
            "document.querySelector('[value=preview]').click()",
            "#page-preview .prose",
        ),
        (
            "document.querySelector('#page-editor').requestSubmit(Object.assign(document.querySelector('[value=save]'), {value: 'preview'}))",
            "#page-preview .prose",
        ),
        (
            "document.querySelector('[name=revision]').value = '77'; document.querySelector('#page-title').value += '!'; document.querySelector('[value=save]').click()",
            "#page-stored",
        ),
        (
            "document.querySelector('[value=delete]').click()",
            "[value=undo]",
        ),
    ];
    browser.visit(tab, &url(server, &format!("/write/{id}")));
    for (act, there) in steps {
        browser.evaluate(tab, act);
        let shown = format!(
            "document.readyState === 'complete' && Boolean(document.querySelector('{there}'))"
        );
        browser.wait_for(tab, &shown, true);
        assert_eq!(browser.evaluate(tab, PROVOKE), "inert", "post {id}, {act}");
        assert_eq!(
            browser.evaluate(tab, "window.pwned"),
            json!([]),
            "post {id}, {act}"
        );
        assert_eq!(browser.violations(tab), [""; 0], "post {id}, {act}");
    }
}

#[test]
fn all_hostile_text_at_once_stays_text() {
    let home = Home::new();
    let server = home.serve().start();
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let all: Vec<String> = PAYLOADS
        .iter()
        .enumerate()
        .map(|(number, payload)| payload.replace("{n}", &number.to_string()))
        .collect();
    let id = create(&server, "all", &all.join("\n\n"));
    let tab = signed_in(&mut browser, &server, DESK);
    browser.before_each_page(&tab, MARK);
    assert_inert(&mut browser, &tab, &server, id);
}

#[test]
#[ignore = "500 pages in a browser"]
fn each_hostile_text_stays_text() {
    let home = Home::new();
    let server = home.serve().start();
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let tab = signed_in(&mut browser, &server, DESK);
    browser.before_each_page(&tab, MARK);
    for (number, payload) in PAYLOADS.iter().enumerate() {
        let payload = payload.replace("{n}", &number.to_string());
        let id = create(
            &server,
            &format!("post-{number}-x"),
            &format!("{payload}\n\nText {payload} text"),
        );
        assert_inert(&mut browser, &tab, &server, id);
    }
}
