//! The dashboard as a person uses it, in a real browser.

use std::time::Duration;

use serde_json::{Value, json};

use super::real_site::RealSite;
use crate::support::browser::{Browser, Tab};
use crate::support::page::{DESK, NARROW, NIGHT, PHONE, Screen};
use crate::support::{Home, Load, Server, let_pass, until};

fn open(browser: &mut Browser, server: &Server, path: &str, screen: Screen) -> Tab {
    let tab = browser.tab(screen);
    browser.visit(&tab, &format!("http://{}{path}", server.address));
    tab
}

/// All figures and rows of the page: `[[label, number]…]` of the figures, and of the lists' lines.
const NUMBERS: &str = "(() => {
    const number = text => Number(text.replace(/,/g, ''));
    const figures = [...document.querySelectorAll('.figures > div')].map(e => number(e.querySelector('dd').innerText));
    const steps = [...document.querySelectorAll('.short tbody tr')].map(e => number(e.cells[1].textContent));
    const posts = [...document.querySelectorAll('[aria-labelledby=page-posts] tbody tr')].map(e => [
        decodeURIComponent(e.querySelector('a').getAttribute('href').split('/')[2]),
        ...[...e.cells].slice(2).map(cell => number(cell.textContent))]);
    const uncounted = [...document.querySelectorAll('[aria-labelledby=page-uncounted] tbody tr')]
        .map(e => [e.cells[0].innerText, number(e.cells[2].textContent)]);
    return {figures, steps, posts, uncounted: Object.fromEntries(uncounted)};
})()";

#[test]
fn the_numbers_are_those_of_the_api() {
    let Some(site) = RealSite::new() else {
        return;
    };
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let server = site.serve();
    until("the ranking is there", || {
        !super::negotiation::page(&server, "/")
            .text()
            .contains("is being ranked")
    });
    for (period, by) in [
        ("24h", "hour"),
        ("7d", "hour"),
        ("30d", "day"),
        ("1y", "day"),
    ] {
        let tab = open(&mut browser, &server, &format!("/?period={period}"), DESK);
        let shown = browser.evaluate(&tab, NUMBERS);
        let api = server
            .get(&format!("/views?period={period}&by={by}&tz=UTC"))
            .json();
        let all = server.get("/views").json();
        let uncounted: i64 = all["uncounted"]
            .as_object()
            .expect("an object")
            .values()
            .filter_map(Value::as_i64)
            .sum();
        assert_eq!(
            shown["figures"],
            json!([api["views"], all["viewers"], all["views"], uncounted]),
            "{period}"
        );
        let series: Vec<&Value> = api["series"]
            .as_array()
            .expect("a series")
            .iter()
            .map(|bucket| &bucket["views"])
            .collect();
        assert_eq!(shown["steps"], json!(series), "{period}");
        assert_eq!(shown["uncounted"]["Crawlers"], all["uncounted"]["bot"]);
        let listed = server
            .get(&format!("/posts?sort=views&period={period}&limit=20"))
            .json();
        let posts = shown["posts"].as_array().expect("posts");
        let slugs: Vec<&Value> = posts.iter().map(|post| &post[0]).collect();
        let wanted: Vec<&Value> = listed["items"]
            .as_array()
            .expect("posts")
            .iter()
            .map(|post| &post["slug"])
            .collect();
        assert_eq!(slugs, wanted, "{period}");
        for post in posts.iter().take(5) {
            let name = percent_encoding::utf8_percent_encode(
                post[0].as_str().expect("a slug"),
                percent_encoding::NON_ALPHANUMERIC,
            );
            let own = server
                .get(&format!("/posts/{name}/views?period={period}"))
                .json();
            let total = server.get(&format!("/posts/{name}/views")).json();
            assert_eq!(post[1], own["views"], "{post}");
            assert_eq!(post[2], total["views"], "{post}");
            assert_eq!(post[3], total["viewers"], "{post}");
        }
    }
}

#[test]
fn the_live_strip_moves_under_load_and_stops_while_nobody_sees_it() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    let tab = open(&mut browser, &server, "/", DESK);
    browser.wait_for(&tab, "document.querySelector('#page-live').hidden", false);
    let rate = "Number(document.querySelector('[data-live=rate]').innerText.replace(/,/g, '')) > 0";
    let load = Load::start(server.address, 2, &["/posts/hello".to_owned()]);
    browser.wait_for(&tab, rate, true);
    let unused = "['node', 'set_aside'].filter((name) => \
        document.querySelector(`[data-live=${name}]`).parentElement.offsetWidth > 0).length";
    browser.wait_for(&tab, unused, 0);
    let commit = "/ s ago$/.test(document.querySelector('[data-live=commit]').innerText)";
    browser.wait_for(&tab, commit, true);
    load.finish();
    browser.wait_for(&tab, rate, false);
    assert_eq!(browser.violations(&tab), [""; 0]);

    // Another tab in front of it hides the page.
    let asked = || {
        let metrics = server.get("/metrics").text();
        let name =
            "viewtally_http_request_duration_seconds_count{route=\"/live.json\",status=\"200\"} ";
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0, |count| count.parse::<u64>().expect("a number"))
    };
    let other = browser.tab(DESK);
    browser.show(&other);
    browser.wait_for(&tab, "document.hidden", true);
    // One request may have been under way.
    let_pass(Duration::from_millis(300));
    let before = asked();
    let_pass(Duration::from_secs(3));
    assert_eq!(asked(), before, "a hidden page asks");
    browser.show(&tab);
    until("the page asks again", || asked() > before);
}

#[test]
fn a_keyboard_is_enough() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    let server = home.serve().flag("--tz", "UTC").start();
    server.create("hello", "text");
    let tab = open(&mut browser, &server, "/", DESK);
    let focus = |browser: &mut Browser, wanted: &str| {
        let script = format!("document.activeElement.matches({wanted:?})");
        for _ in 0..40 {
            browser.press(&tab, "Tab");
            if browser.evaluate(&tab, &script) == true {
                let visible = "getComputedStyle(document.activeElement).outlineStyle !== 'none'";
                assert_eq!(browser.evaluate(&tab, visible), true, "{wanted}");
                return;
            }
        }
        panic!("no Tab leads to {wanted}");
    };
    focus(&mut browser, "a[href*='period=7d']");
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, "location.search", "?period=7d");
    browser.wait_for(&tab, "document.readyState", "complete");
    focus(&mut browser, ".other summary");
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, "document.querySelector('.other').open", true);
    focus(&mut browser, "select[name=by]");
    focus(&mut browser, ".chart summary");
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, "document.querySelector('.chart details').open", true);
    focus(&mut browser, "input[name=q]");
    browser.type_text(&tab, "nothing");
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, "location.search", "?period=7d&q=nothing");
}

#[test]
fn scripts_are_a_nicety() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    let server = home.serve().flag("--tz", "UTC").start();
    for number in 0..25 {
        server.create(&format!("post-{number}"), "text");
    }
    let tab = browser.tab(DESK);
    browser.without_scripts(&tab);
    browser.visit(&tab, &format!("http://{}/?sort=published", server.address));
    let hidden = "getComputedStyle(document.querySelector('#page-live')).display";
    assert_eq!(browser.evaluate(&tab, hidden), "none");
    let rows = "document.querySelectorAll('[aria-labelledby=page-posts] tbody tr').length";
    assert_eq!(browser.evaluate(&tab, rows), 20);
    browser.evaluate(&tab, "document.querySelector('a[rel=next]').focus()");
    browser.press(&tab, "Enter");
    browser.wait_for(&tab, rows, 5);
    browser.evaluate(&tab, "document.querySelector('.other summary').focus()");
    browser.press(&tab, "Enter");
    browser.evaluate(
        &tab,
        "document.querySelector('select[name=by]').value = 'month'",
    );
    browser.evaluate(&tab, "document.querySelector('.range button').focus()");
    browser.press(&tab, "Enter");
    let address = "/sort=published/.test(location.search) && /by=month/.test(location.search)";
    browser.wait_for(&tab, address, true);
}

#[test]
fn the_dashboard_fits_narrow_screens_and_is_pictured() {
    let Some(site) = RealSite::new() else {
        return;
    };
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let full = site.serve();
    let empty_home = Home::new();
    let empty = empty_home.serve().start();
    for (name, server, path) in [
        ("dashboard", &full, "/"),
        (
            "dashboard-dates",
            &full,
            "/?from=2026-01-01&tz=Asia/Seoul&tag=go2&q=go&by=month",
        ),
        ("dashboard-empty", &empty, "/"),
    ] {
        let narrow = open(&mut browser, server, path, NARROW);
        assert!(!browser.scrolls_sideways(&narrow), "{path}");
        for (screen, kind) in [(DESK, "light"), (NIGHT, "dark"), (PHONE, "phone")] {
            let tab = open(&mut browser, server, path, screen);
            browser.wait_for(&tab, "document.querySelector('#page-live').hidden", false);
            assert!(!browser.scrolls_sideways(&tab), "{path}, {kind}");
            assert_eq!(browser.violations(&tab), [""; 0]);
            for address in browser.loaded(&tab) {
                assert!(
                    address.starts_with(&format!("http://{}/", server.address)),
                    "{address}"
                );
            }
            browser.picture(&tab, &format!("{name}-{kind}"));
        }
    }
}
