//! Barriers: axe-core finds none, on a light and a dark screen.

use std::path::Path;

use serde_json::Value;

use super::real_site::RealSite;
use crate::support::browser::Browser;
use crate::support::page::{DESK, NIGHT, PHONE};
use crate::support::{Home, missing};

/// The rules of WCAG 2.0 to 2.2 at levels A and AA, and what axe calls best practices.
const RUN: &str = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(one => \
    one.id + ': ' + one.help + ' ' + one.nodes.map(node => node.html + ' ' + (node.any[0]?.message ?? '')).slice(0, 3).join(' | ')))";

#[test]
fn axe_finds_no_barrier() {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm/node_modules/axe-core/axe.min.js");
    let Ok(script) = std::fs::read_to_string(script) else {
        missing("there is no axe-core (npm install --no-save --prefix target/npm axe-core@4)");
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
            // Closed parts are looked at, too.
            browser.evaluate(
                &tab,
                "document.querySelectorAll('details').forEach(e => e.open = true)",
            );
            browser.evaluate(&tab, &format!("{script}; true"));
            let violations = browser.evaluate(&tab, RUN);
            let violations = violations.as_array().expect("axe answers");
            let violations = violations.iter().filter_map(Value::as_str);
            found.extend(violations.map(|one| format!("{path}, {screen:?}: {one}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
