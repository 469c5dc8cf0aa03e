//! The alerts and the dashboard name metrics that there are.

use std::collections::BTreeSet;

use crate::support::{Home, until};

use super::text;

/// The names that begin as ours do.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices("viewtally_")
        .map(|(at, _)| text[at..].chars().take_while(|c| is_part(*c)).collect())
        .collect()
}

#[test]
fn alerts_and_dashboard_name_metrics_that_there_are() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    assert_eq!(server.get("/posts/hello").status, 200);
    until("it is counted", || server.views("hello") == 1);
    let known = named(&server.get("/metrics").text());
    for name in ["alerts.yml", "dashboard.json"] {
        let used = named(&text(name));
        assert!(used.len() > 2, "{used:?}");
        let unknown: Vec<_> = used.difference(&known).collect();
        assert!(
            unknown.is_empty(),
            "{name} names {unknown:?}; there are {known:?}"
        );
    }
    let dashboard: serde_json::Value = serde_json::from_str(&text("dashboard.json")).expect("JSON");
    assert!(dashboard["panels"].as_array().expect("panels").len() > 3);
}
