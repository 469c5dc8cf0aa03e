//! Whole sites as Hexo and Hugo make them, with the settings that their users change to move, in a real browser: each load of a
//! page raises its number by exactly one, and shows it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::browser::Browser;
use crate::support::site::Site;
use crate::support::{Home, Server, missing, until};

const HELLO: &str = "---\ntitle: Hello\ndate: 2024-05-01 12:00:00\n---\nSome *text*.\n";
const KOREAN: &str = "---\ntitle: 안녕하세요\ndate: 2024-05-02 12:00:00\n---\nSome *text*.\n";

/// Where a site shows its numbers.
struct Shown {
    page: &'static str,
    /// Of all pages; not every theme shows it.
    site: Option<&'static str>,
    list: List,
}

/// What the list of posts does.
enum List {
    /// It is a page of its own, with a number of its own.
    Counts,
    /// It shows the number of each post, and counts nothing.
    ShowsEach,
    /// It raises the number of the site only, as the theme shows it. That is the sum of all pages here, and which page asks is not
    /// said: it counts nothing.
    CountsNoPage,
}

/// Loads a page twice, one with an encoded path once, and the list of all.
fn counts_each_load(
    browser: &mut Browser,
    make: impl Fn(&Path, &str, &str) -> PathBuf,
    shown: &Shown,
) {
    let home = Home::new();
    let mut server: Option<Server> = None;
    let site = Site::of_folder(|origin| {
        let started = home
            .serve()
            .flags(&[("--site", origin), ("--compat", "all")])
            .start();
        let folder = make(home.path(), origin, &format!("http://{}", started.address));
        server = Some(started);
        folder
    });
    let server = server.expect("it was started");
    let text = |element: &str| format!("document.querySelector('{element}').textContent");
    let mut total = 0;
    for (path, number) in [
        ("/2024/05/hello/", 1),
        ("/2024/05/hello/", 2),
        ("/2024/05/%EC%95%88%EB%85%95/", 1),
    ] {
        let tab = browser.open(&(site.origin() + path));
        total += 1;
        browser.wait_for(&tab, &text(shown.page), number.to_string());
        if let Some(element) = shown.site {
            browser.wait_for(&tab, &text(element), total.to_string());
        }
        // Once more could only be told after all that a page does.
        browser.wait_for(&tab, "document.readyState", "complete");
        let asked = format!("/views?url={}{path}", site.origin());
        until("the view is counted", || {
            server.get(&asked).json()["views"] == number
        });
    }
    let tab = browser.open(&(site.origin() + "/"));
    browser.wait_for(&tab, "document.readyState", "complete");
    match shown.list {
        List::Counts => {
            total += 1;
            browser.wait_for(
                &tab,
                &text(shown.site.expect("the list shows it")),
                total.to_string(),
            );
        }
        List::CountsNoPage => {
            let with_itself = (total + 1).to_string();
            browser.wait_for(
                &tab,
                &text(shown.site.expect("the list shows it")),
                with_itself,
            );
        }
        List::ShowsEach => {
            let numbers = format!(
                "[...document.querySelectorAll('{}')].map(found => found.textContent).sort().join()",
                shown.page
            );
            browser.wait_for(&tab, &numbers, "1,2");
        }
    }
    until("all is counted", || {
        server.get("/views").json()["views"] == total
    });
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!((database.views(), database.ledger()), (total, 0));
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
}

fn assert_made(output: &Output) {
    let said = [&output.stdout[..], &output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

/// A blog that Hexo makes with a theme and settings of the theme.
fn hexo(modules: &Path, folder: &Path, origin: &str, theme: &str, settings: &str) -> PathBuf {
    write(
        folder,
        &[
            (
                "package.json",
                "{\"hexo\": {\"version\": \"\"}, \"dependencies\": {\"hexo-generator-index\": \"*\", \
                 \"hexo-renderer-ejs\": \"*\", \"hexo-renderer-marked\": \"*\", \"hexo-renderer-stylus\": \"*\"}}",
            ),
            (
                "_config.yml",
                &format!(
                    "title: A blog\nurl: {origin}\ntheme: {theme}\npermalink: :year/:month/:title/\n"
                ),
            ),
            (&format!("_config.{theme}.yml"), settings),
            ("source/_posts/hello.md", HELLO),
            ("source/_posts/안녕.md", KOREAN),
        ],
    );
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).expect("a link");
    let output = Command::new("node")
        .args(["node_modules/hexo/bin/hexo", "generate", "--silent"])
        // The packages are found where the link is.
        .env("NODE_OPTIONS", "--preserve-symlinks")
        .current_dir(folder)
        .output()
        .expect("node runs");
    assert_made(&output);
    folder.join("public")
}

/// A blog that Hugo makes, of pages with these elements and scripts.
fn hugo(folder: &Path, origin: &str, counter: &str) -> PathBuf {
    let layout =
        format!("<!doctype html><title>{{{{ .Title }}}}</title>{{{{ .Content }}}}{counter}");
    let list = format!(
        "<!doctype html>{{{{ range .Site.RegularPages }}}}<a href=\"{{{{ .RelPermalink }}}}\">{{{{ .Title }}}}</a>\
         {{{{ end }}}}{counter}"
    );
    write(
        folder,
        &[
            (
                "config.toml",
                &format!(
                    "baseURL = \"{origin}/\"\ntitle = \"A blog\"\n[permalinks]\nposts = \"/:year/:month/:filename/\"\n"
                ),
            ),
            ("layouts/_default/single.html", &layout),
            ("layouts/_default/list.html", &list),
            ("content/posts/hello.md", HELLO),
            ("content/posts/안녕.md", KOREAN),
        ],
    );
    let output = Command::new("hugo")
        .current_dir(folder)
        .output()
        .expect("hugo runs");
    assert_made(&output);
    folder.join("public")
}

const BUSUANZI: Shown = Shown {
    page: "#busuanzi_value_page_pv",
    site: Some("#busuanzi_value_site_pv"),
    list: List::Counts,
};

/// NexT lets its users name the script of busuanzi, in whose place vercount's can be, and the server of LeanCloud, as Fluid does.
#[test]
fn blogs_of_hexo_count_each_load_once() {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm/node_modules");
    if !modules.join("hexo").exists() || Command::new("node").arg("--version").output().is_err() {
        missing("there is no Hexo (.ci/run says how to install it)");
        return;
    }
    let Some(mut browser) = Browser::start() else {
        return;
    };
    for path in ["/busuanzi/2.3/busuanzi.pure.mini.js", "/js"] {
        let make = |folder: &Path, origin: &str, server: &str| {
            let settings =
                format!("busuanzi_count:\n  enable: true\nvendors:\n  busuanzi: {server}{path}\n");
            hexo(&modules, folder, origin, "next", &settings)
        };
        counts_each_load(&mut browser, make, &BUSUANZI);
    }
    let keys = "app_id: an-id, app_key: a-key";
    let next = |folder: &Path, origin: &str, server: &str| {
        let settings =
            format!("leancloud_visitors: {{enable: true, {keys}, server_url: \"{server}\"}}\n");
        hexo(&modules, folder, origin, "next", &settings)
    };
    let shown = Shown {
        page: ".leancloud-visitors-count",
        site: None,
        list: List::ShowsEach,
    };
    counts_each_load(&mut browser, next, &shown);
    let fluid = |folder: &Path, origin: &str, server: &str| {
        let settings = format!(
            "web_analytics: {{enable: true, leancloud: {{{keys}, server_url: \"{server}\"}}}}\n\
             post: {{meta: {{views: {{enable: true, source: leancloud}}}}}}\n\
             footer: {{statistics: {{enable: true, source: leancloud}}}}\n"
        );
        hexo(&modules, folder, origin, "fluid", &settings)
    };
    let shown = Shown {
        page: "#leancloud-page-views",
        site: Some("#leancloud-site-pv"),
        list: List::CountsNoPage,
    };
    counts_each_load(&mut browser, fluid, &shown);
}

#[test]
fn blogs_of_hugo_count_each_load_once() {
    if Command::new("hugo").arg("version").output().is_err() {
        missing("there is no Hugo (on Debian: apt-get install hugo)");
        return;
    }
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let busuanzi = |folder: &Path, origin: &str, server: &str| {
        let counter = format!(
            "<span id=\"busuanzi_container_page_pv\"><span id=\"busuanzi_value_page_pv\"></span></span>\
             <span id=\"busuanzi_container_site_pv\"><span id=\"busuanzi_value_site_pv\"></span></span>\
             <script async src=\"{server}/busuanzi/2.3/busuanzi.pure.mini.js\"></script>"
        );
        hugo(folder, origin, &counter)
    };
    counts_each_load(&mut browser, busuanzi, &BUSUANZI);
    let vercount = |folder: &Path, origin: &str, server: &str| {
        let counter = format!(
            "<span id=\"vercount_value_page_pv\"></span><span id=\"vercount_value_site_pv\"></span>\
             <script defer src=\"{server}/js\"></script>"
        );
        hugo(folder, origin, &counter)
    };
    let shown = Shown {
        page: "#vercount_value_page_pv",
        site: Some("#vercount_value_site_pv"),
        list: List::Counts,
    };
    counts_each_load(&mut browser, vercount, &shown);
}
