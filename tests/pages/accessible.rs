//! Barriers: axe-core finds none, on a light and a dark screen.

use super::real_site::RealSite;
use crate::support::Home;
use crate::support::axe::Axe;
use crate::support::browser::Browser;
use crate::support::page::{DESK, NIGHT, PHONE};

#[test]
fn axe_finds_no_barrier() {
    let Some(axe) = Axe::load() else {
        return;
    };
    let Some(site) = RealSite::new() else {
        return;
    };
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let full = site.serve();
    let empty_home = Home::new();
    let empty = empty_home.serve().start();
    let mut found = Vec::new();
    for (server, path) in [
        (&full, "/"),
        (&full, "/?from=2026-01-01&tag=go2&q=go"),
        (&empty, "/"),
        (&full, "/posts"),
        (&empty, "/posts"),
        (
            &full,
            "/posts/setting-up-your-python-development-workflow-in-2021",
        ),
        (
            &full,
            "/posts/dotnet의-async-await는-실제로-어떻게-동작할까",
        ),
        (
            &full,
            "/posts/tutorial-sizes-of-tables-and-databases-in-postgresql",
        ),
        (&full, "/posts/yes-i-used-goto/stats"),
        (&full, "/nothing"),
    ] {
        for screen in [DESK, NIGHT, PHONE] {
            let tab = browser.tab(screen);
            browser.visit(&tab, &format!("http://{}{path}", server.address));
            let violations = axe.violations(&mut browser, &tab).into_iter();
            found.extend(violations.map(|one| format!("{path}, {screen:?}: {one}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
