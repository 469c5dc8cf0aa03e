//! The unit: what it starts, and how far it is confined.

use std::process::Command;

use crate::support::{Home, missing};

use super::{file, text};

#[test]
fn the_unit_starts_what_there_is() {
    let unit = text("viewtally.service");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/usr/bin/viewtally "))
        .expect("it starts the program");
    let mut arguments: Vec<&str> = start.split(' ').collect();
    let store = arguments.pop().expect("a store");
    assert!(store.starts_with("sqlite:/var/lib/viewtally/"), "{store}");
    assert_eq!(arguments, ["serve", "--store"]);
    let home = Home::new();
    let help = home.run_bare(&["serve", "--help"]).stdout;
    assert!(
        help.contains("--trust-proxy"),
        "the example in it is a flag"
    );
    let stop = |key: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(key));
        line.and_then(|time| time.strip_suffix('s')?.parse::<u64>().ok())
    };
    assert!(help.contains("[default: 25s]"), "{help}");
    assert!(
        stop("TimeoutStopSec=").expect("seconds") > 25,
        "it outlasts a drain"
    );
}

#[test]
fn the_unit_is_confined_as_far_as_readme_says() {
    let run = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(file("viewtally.service"))
        .output();
    let Ok(output) = run else {
        return missing("systemd-analyze");
    };
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure = told
        .lines()
        .find_map(|line| line.split_once("Overall exposure level for viewtally.service: "))
        .and_then(|(_, rest)| rest.split(' ').next());
    let figure = figure.unwrap_or_else(|| panic!("no figure in {told}"));
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let said = format!("`systemd-analyze security` says {figure} ");
    assert!(
        readme.expect("README").contains(&said),
        "README does not say {said:?}"
    );
}
