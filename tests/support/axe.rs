//! axe-core: what on a page is in the way of people who see or move differently.

use std::path::Path;

use serde_json::Value;

use super::browser::{Browser, Tab};
use super::missing;

/// The rules of WCAG 2.0 to 2.2 at levels A and AA, and what axe calls best practices.
const RUN: &str = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(one => \
    one.id + ': ' + one.help + ' ' + one.nodes.map(node => node.html + ' ' + (node.any[0]?.message ?? '')).slice(0, 3).join(' | ')))";

/// The checker, loaded.
pub struct Axe(String);

impl Axe {
    /// `None` on a machine without it.
    pub fn load() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target/npm/node_modules/axe-core/axe.min.js");
        let Ok(script) = std::fs::read_to_string(script) else {
            missing("there is no axe-core (npm install --no-save --prefix target/npm axe-core@4)");
            return None;
        };
        Some(Self(script))
    }

    /// What it finds on the page of a tab, in parts that are closed, too.
    pub fn violations(&self, browser: &mut Browser, tab: &Tab) -> Vec<String> {
        let open = "document.querySelectorAll('details').forEach(e => e.open = true)";
        browser.evaluate(tab, open);
        browser.evaluate(tab, &format!("{}; true", self.0));
        let found = browser.evaluate(tab, RUN);
        let found = found.as_array().expect("axe answers");
        found
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }
}
