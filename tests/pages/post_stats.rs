//! One post's numbers as a page.

use serde_json::json;

use super::negotiation::{BROWSER, get, page};
use super::real_site::RealSite;
use crate::support::browser::Browser;
use crate::support::http::TOKEN;
use crate::support::page::{DESK, NARROW, NIGHT, PHONE};
use crate::support::{Home, assert_problem, until};

#[test]
fn the_numbers_of_a_post_are_those_of_the_api() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "text");
    server.create("other", "text");
    let mut client = server.connect();
    for number in 0..5 {
        let name = format!("viewer <{number}>");
        let headers = [("Viewer-Id", name.as_str())];
        client.request("GET", "/posts/hello", &headers, b"");
    }
    let bot = [(
        "User-Agent",
        "Googlebot/2.1 (+http://www.google.com/bot.html)",
    )];
    client.request("GET", "/posts/hello", &bot, b"");
    until("all is counted", || {
        let numbers = server.get("/posts/hello/views").json();
        numbers["views"] == 5 && numbers["uncounted"]["bot"] == 1
    });
    let correction = json!({"views": 1234, "reason": "moved from <elsewhere>"});
    assert_eq!(
        server
            .send_json("PUT", "/posts/hello/views", &correction)
            .status,
        200
    );

    for path in [
        "/posts/hello/stats",
        &format!("/posts/{id}/stats?period=all"),
    ] {
        let text = page(&server, path).text();
        for part in [
            "<dd>5</dd>",
            "<dd>1,234</dd>",
            "Crawlers</th>",
            "moved from &#60;elsewhere&#62;",
            ">+1,229<",
            "http://localhost/posts/hello/badge.svg",
            "data-post=&#34;hello&#34;",
            "pixel.gif",
        ] {
            assert!(text.contains(part), "{path} has no {part}:\n{text}");
        }
        assert!(
            !text.contains("viewer &#60;0&#62;"),
            "viewers are for the token"
        );
    }
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("Authorization", bearer.as_str()), ("Accept", BROWSER)];
    let text = get(&server, "/posts/hello/stats", &headers).text();
    assert!(
        text.contains("viewer &#60;0&#62;") && text.contains("viewer &#60;4&#62;"),
        "{text}"
    );

    assert_eq!(page(&server, "/posts/nothing/stats").status, 404);
    assert_eq!(page(&server, "/posts/hello/stats/").status, 308);
    assert_problem(&server.get("/posts/nothing/stats"), 404);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(
        home.database()
            .number("SELECT SUM(count) AS number FROM ledger"),
        1
    );
    assert_eq!(home.database().views_of(id), 1234, "numbers are no views");
}

#[test]
fn numbers_of_posts_are_private_with_the_dashboard() {
    let home = Home::new();
    let server = home.serve().flag("--dashboard", "private").start();
    server.create("hello", "text");
    assert_eq!(page(&server, "/posts/hello/stats").status, 401);
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("Authorization", bearer.as_str())];
    assert_eq!(get(&server, "/posts/hello/stats", &headers).status, 200);
    let post = page(&server, "/posts/hello").text();
    assert!(
        !post.contains("/stats"),
        "a link that leads to a refusal: {post}"
    );
}

#[test]
fn the_page_of_a_posts_numbers_fits_screens_and_copies_codes() {
    let Some(site) = RealSite::new() else {
        return;
    };
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let server = site.serve();
    let correction = json!({"views": 20_000, "reason": "moved from the old site"});
    let name = "tutorial-sizes-of-tables-and-databases-in-postgresql";
    let corrected = server.send_json("PUT", &format!("/posts/{name}/views"), &correction);
    assert_eq!(corrected.status, 200);
    let url = format!("http://{}/posts/{name}/stats", server.address);
    for (screen, kind) in [
        (DESK, "light"),
        (NIGHT, "dark"),
        (PHONE, "phone"),
        (NARROW, "narrow"),
    ] {
        let tab = browser.tab(screen);
        browser.visit(&tab, &url);
        assert!(!browser.scrolls_sideways(&tab), "{kind}");
        assert_eq!(browser.violations(&tab), [""; 0]);
        browser.picture(&tab, &format!("post-stats-{kind}"));
    }
    let tab = browser.tab(DESK);
    browser.visit(&tab, &url);
    let copied = "(() => { window.copied = []; \
        navigator.clipboard.writeText = async text => { window.copied.push(text); }; \
        document.querySelector('[data-copy=page-code-badge]').click(); return window.copied[0]; })()";
    let wanted = format!("![views](http://{}/posts/{name}/badge.svg)", server.address);
    assert_eq!(browser.evaluate(&tab, copied), wanted);
    // The number under the pointer is that of the table.
    let pointed = "(() => { const svg = document.querySelector('.plot svg'); const box = svg.getBoundingClientRect(); \
        svg.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + 1, clientY: box.top + 5})); \
        const row = document.querySelector('.short tbody tr'); \
        return document.querySelector('output').textContent.startsWith(row.cells[0].textContent.trim() + ': ' + row.cells[1].textContent.trim()); })()";
    assert_eq!(browser.evaluate(&tab, pointed), true);
}
