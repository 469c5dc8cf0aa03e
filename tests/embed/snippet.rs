//! The snippet in a real browser, in a page of another site: what counts as seen, and what is shown.

use crate::support::browser::{Browser, Tab};
use crate::support::site::Site;
use crate::support::{Home, Server, until};

const HELLO: &str = include_str!("data/hello.html");
const PLAIN: &str = include_str!("data/plain.html");
const PRERENDER: &str = include_str!("data/prerender.html");
const NAMELESS: &str = include_str!("data/nameless.html");

/// A server with the posts `hello` and `other`, of which the second has three views, and a site that embeds it.
struct Scene {
    browser: Browser,
    site: Site,
    server: Server,
    home: Home,
}

impl Scene {
    /// `None` on a machine without a browser.
    fn new(cors_origin: &str) -> Option<Self> {
        let browser = Browser::start()?;
        let home = Home::new();
        let server = home.serve().flag("--cors-origin", cors_origin).start();
        let site = Site::start(&[
            ("/hello/", page(HELLO, &server)),
            ("/plain/", page(PLAIN, &server)),
            ("/prerender/", page(PRERENDER, &server)),
            ("/2023/05/Hello.html", page(NAMELESS, &server)),
            ("/nobody.html", page(NAMELESS, &server)),
        ]);
        server.create("hello", "text");
        server.create("other", "text");
        let mut client = server.connect();
        for _ in 0..3 {
            let beacon = client.request("POST", "/posts/other/views", &[], b"");
            assert_eq!(beacon.status, 202);
        }
        until("the other post has its views", || {
            server.views("other") == 3
        });
        Some(Self {
            browser,
            site,
            server,
            home,
        })
    }

    fn open(&mut self, path: &str) -> Tab {
        self.browser.open(&(self.site.origin() + path))
    }

    fn wait_for_views(&self, views: i64) {
        until(&format!("the post has {views} views"), || {
            self.server.views("hello") == views
        });
    }

    /// Ends everything: the page has then had its views, and no more.
    fn ends_with_views(self, views: i64) {
        drop(self.browser);
        assert_eq!(self.server.stop().code, Some(0));
        assert_eq!(self.home.database().views(), views + 3);
    }
}

fn page(template: &str, server: &Server) -> String {
    template.replace("{{server}}", &format!("http://{}", server.address))
}

/// A script for the text of an element.
fn text_of(selector: &str) -> String {
    format!("document.querySelector('{selector}').innerText")
}

#[test]
fn a_page_that_is_seen_counts_once_and_shows_numbers() {
    let Some(mut scene) = Scene::new("*") else {
        return;
    };
    let tab = scene.open("/hello/");
    let browser = &mut scene.browser;
    browser.wait_for(&tab, &text_of("#other"), "The other one: 3.");
    let missing = browser.evaluate(&tab, &text_of("#missing"));
    assert_eq!(missing, "One that is not there: –.");
    let own = browser.evaluate(&tab, &text_of("#own"));
    assert!(
        ["Read 0 times.", "Read 1 times."].contains(&own.as_str().unwrap_or_default()),
        "{own}"
    );
    browser.wait_for(&tab, "document.querySelector('#badge').naturalHeight", 20);
    scene.wait_for_views(1);
    scene.ends_with_views(1);
}

#[test]
fn a_page_is_named_by_its_address_and_one_without_a_post_says_so() {
    let Some(mut scene) = Scene::new("*") else {
        return;
    };
    let tab = scene.open("/2023/05/Hello.html");
    scene.wait_for_views(1);
    let browser = &mut scene.browser;
    assert_eq!(browser.evaluate(&tab, "self.warned"), "");
    let tab = scene.open("/nobody.html");
    let browser = &mut scene.browser;
    browser.wait_for(
        &tab,
        "self.warned.includes('no post for') && self.warned.includes('/nobody.html')",
        true,
    );
    scene.ends_with_views(1);
}

#[test]
fn a_page_counts_again_when_the_reader_comes_back_to_it() {
    let Some(mut scene) = Scene::new("*") else {
        return;
    };
    let tab = scene.open("/hello/");
    scene.wait_for_views(1);
    let browser = &mut scene.browser;
    browser.evaluate(&tab, "window.kept = true");
    browser.evaluate(&tab, "location.href = '/plain/'");
    browser.wait_for(&tab, "document.title", "Plain");
    browser.wait_for(&tab, "document.readyState", "complete");
    browser.evaluate(&tab, "history.back()");
    browser.wait_for(&tab, "document.title", "Hello");
    // Whether it was the back/forward cache is the browser's choice; the page counts either way.
    let kept = browser.evaluate(&tab, "window.kept");
    println!("kept in the back/forward cache: {kept}");
    scene.wait_for_views(2);
    scene.ends_with_views(2);
}

#[test]
fn a_hidden_page_counts_when_it_is_seen() {
    let Some(mut scene) = Scene::new("*") else {
        return;
    };
    scene.open("/plain/");
    let hidden = scene.site.origin() + "/hello/";
    let hidden = scene.browser.open_behind(&hidden);
    let browser = &mut scene.browser;
    // The numbers are filled in the same breath in which a seen page would have sent its beacon.
    browser.wait_for(&hidden, &text_of("#other"), "The other one: 3.");
    let state = browser.evaluate(&hidden, "document.visibilityState");
    assert_eq!(state, "hidden");
    assert_eq!(beacons(&scene.server), 3, "only those of the other post");
    scene.browser.show(&hidden);
    scene.wait_for_views(1);
    scene.ends_with_views(1);
}

#[test]
fn a_page_got_ready_beforehand_counts_when_it_is_opened() {
    let Some(mut scene) = Scene::new("*") else {
        return;
    };
    let tab = scene.open("/prerender/");
    until("the prerendered page has asked for numbers", || {
        answered(&scene.server, "/views") == 1
    });
    assert_eq!(beacons(&scene.server), 3, "only those of the other post");
    let browser = &mut scene.browser;
    browser.evaluate(&tab, "location.href = '/hello/'");
    browser.wait_for(&tab, &text_of("#other"), "The other one: 3.");
    scene.wait_for_views(1);
    assert_eq!(scene.site.asked("/hello/"), 1);
    let asked = answered(&scene.server, "/views");
    assert_eq!(asked, 1, "it was the page that had been got ready");
    scene.ends_with_views(1);
}

#[test]
fn a_page_of_a_site_not_named_counts_and_reads_nothing() {
    let Some(mut scene) = Scene::new("https://example.com") else {
        return;
    };
    let tab = scene.open("/hello/");
    scene.wait_for_views(1);
    until("the numbers were asked for", || {
        answered(&scene.server, "/views") == 1
    });
    let other = scene.browser.evaluate(&tab, &text_of("#other"));
    assert_eq!(other, "The other one: –.");
    scene.ends_with_views(1);
}

fn beacons(server: &Server) -> u64 {
    answered(server, "/posts/{post}/views\",status=\"202")
}

/// How many requests of a route were answered, as the metrics tell.
fn answered(server: &Server, route: &str) -> u64 {
    let metrics = server.get("/metrics").text();
    let wanted = format!("route=\"{route}\"");
    let lines = metrics.lines().filter(|line| {
        line.starts_with("viewtally_http_request_duration_seconds_count{") && line.contains(&wanted)
    });
    lines
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}
