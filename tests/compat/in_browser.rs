//! Scripts in a real browser: our own for busuanzi and vercount, and what NexT and Fluid count by. Each view of a page raises its
//! number by exactly one, and shows it.

use std::path::Path;

use crate::support::browser::Browser;
use crate::support::site::Site;
use crate::support::{Home, Server, missing, until};

/// A script of a package from npm, as it is; `None` where it is not installed.
fn script(package: &str, file: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/npm/node_modules")
        .join(package)
        .join(file);
    let found = std::fs::read_to_string(path).ok();
    if found.is_none() {
        missing(&format!(
            "there is no {package} (npm install --no-save --prefix target/npm {package})"
        ));
    }
    found
}

/// Loads a page three times; each time these elements show one more.
fn shows_one_more_each_time(page: impl Fn(&str) -> String, shown: &[&str]) {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    let mut server: Option<Server> = None;
    let site = Site::start_with(|origin| {
        let started = home
            .serve()
            .flags(&[("--site", origin), ("--compat", "all")])
            .start();
        let text = page(&format!("http://{}", started.address));
        server = Some(started);
        // As Hexo and Hugo would place it.
        vec![("/2024/05/hello/", text)]
    });
    let server = server.expect("it was started");
    for number in 1..=3 {
        let tab = browser.open(&(site.origin() + "/2024/05/hello/"));
        for element in shown {
            let text = format!("document.querySelector('{element}').textContent");
            browser.wait_for(&tab, &text, number.to_string());
        }
        until("the view is counted", || {
            server.get("/posts/hello/views").json()["views"] == number
        });
    }
    drop(browser);
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!((database.views(), database.ledger()), (3, 0));
}

#[test]
fn the_script_for_busuanzi_counts_and_shows() {
    let page = |server: &str| {
        format!(
            "<!doctype html><title>Hello</title><script async src=\"{server}/busuanzi/2.3/busuanzi.pure.mini.js\"></script>\
             <span id=busuanzi_container_page_pv style=display:none>Read <span id=busuanzi_value_page_pv></span> times</span>\
             <span id=busuanzi_container_site_pv style=display:none><span id=busuanzi_value_site_pv></span></span>"
        )
    };
    shows_one_more_each_time(
        page,
        &["#busuanzi_value_page_pv", "#busuanzi_value_site_pv"],
    );
}

/// Themes that load pages themselves call it with busuanzi's own address.
#[test]
fn busuanzis_globals_are_there_for_themes_that_load_pages() {
    let page = |server: &str| {
        format!(
            "<!doctype html><title>Hello</title><p id=shown></p>\
             <script src=\"{server}/busuanzi/2.3/busuanzi.pure.mini.js\"></script>\
             <script>let calls = 0; const texts = bszTag.texts; bszTag.texts = data => {{ texts.call(bszTag, data); \
             if (++calls == 1) document.querySelector('#shown').textContent = data.page_pv; }};\
             if (typeof bszCaller.fetch != 'function' || bszTag.bszs.length != 3) document.title = 'wrong';</script>\
             <span id=busuanzi_value_page_pv></span>"
        )
    };
    shows_one_more_each_time(page, &["#shown", "#busuanzi_value_page_pv"]);
}

#[test]
fn the_script_for_vercount_counts_and_shows() {
    let page = |server: &str| {
        format!(
            "<!doctype html><title>Hello</title><script defer src=\"{server}/js\"></script>\
             <span id=vercount_container_page_pv>Read <span id=vercount_value_page_pv></span> times</span>\
             <span id=busuanzi_value_site_pv></span>"
        )
    };
    shows_one_more_each_time(
        page,
        &["#vercount_value_page_pv", "#busuanzi_value_site_pv"],
    );
}

#[test]
fn next_counts_and_shows_as_with_leancloud() {
    let Some(script) = script(
        "hexo-theme-next",
        "source/js/third-party/statistics/lean-analytics.js",
    ) else {
        return;
    };
    let page = |server: &str| {
        format!(
            "<!doctype html><title>Hello</title>\
             <span id=\"/2024/05/hello/\" class=leancloud_visitors data-flag-title=\"Hello\">\
             <span class=leancloud-visitors-count></span></span>\
             <script>const CONFIG = {{leancloud_visitors: {{app_id: 'an-id', app_key: 'a-key', server_url: '{server}'}}, \
             page: {{isPost: true}}, hostname: location.hostname}};</script>\
             <script>{script}</script><script>document.dispatchEvent(new Event('page:loaded'));</script>"
        )
    };
    shows_one_more_each_time(page, &[".leancloud-visitors-count"]);
}

#[test]
fn fluid_counts_and_shows_as_with_leancloud() {
    let Some(script) = script("hexo-theme-fluid", "source/js/leancloud.js") else {
        return;
    };
    let page = |server: &str| {
        format!(
            "<!doctype html><title>Hello</title>\
             <span id=leancloud-site-pv-container><span id=leancloud-site-pv></span></span>\
             <span id=leancloud-page-views-container><span id=leancloud-page-views></span></span>\
             <script>const CONFIG = {{web_analytics: {{enable: true, leancloud: {{app_id: 'an-id', app_key: 'a-key', \
             server_url: '{server}', ignore_local: false}}}}}}; const Fluid = {{ctx: {{dnt: false}}}};</script>\
             <script>{script}</script>"
        )
    };
    shows_one_more_each_time(page, &["#leancloud-page-views", "#leancloud-site-pv"]);
}
