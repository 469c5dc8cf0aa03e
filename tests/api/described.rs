//! The description of the API: as the routes are, and as README's table has it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{PATHS, Route};
use crate::api::compat;
use crate::http::Method;

fn document() -> Value {
    serde_json::from_str(include_str!("../../src/api/openapi.json")).expect("it is JSON")
}

/// What a description may refer to by `$ref`.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        None => value,
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} leads nowhere")),
    }
}

/// Each operation: its path, its method, and what is said of it.
fn operations(document: &Value) -> Vec<(String, Method, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            let method = Method::from_token(&method.to_uppercase());
            all.push((path.clone(), method, operation));
        }
    }
    all
}

#[test]
fn every_route_and_method_is_described_and_no_other() {
    let document = document();
    let mut described: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (path, method, _) in operations(&document) {
        described.entry(path).or_default().push(method.name());
    }
    let mut served: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (path, route) in PATHS {
        // HEAD goes with GET: the description says so of all.
        let methods = route.methods().iter().filter(|&&m| m != Method::Head);
        served.insert((*path).to_owned(), methods.map(|m| m.name()).collect());
    }
    for methods in described.values_mut().chain(served.values_mut()) {
        methods.sort_unstable();
    }
    assert_eq!(described, served);
}

/// Other counters' protocols are theirs to describe. That they are left out is said, with their paths, which are no paths of the
/// API.
#[test]
fn paths_of_other_counters_are_named_and_not_described() {
    let document = document();
    let said = document["info"]["description"].as_str().expect("a text");
    for name in compat::names() {
        assert!(said.contains(&format!("`{name}`")), "{name}");
        assert_eq!(document["paths"].get(name), None, "{name}");
        assert!(PATHS.iter().all(|(path, _)| *path != name), "{name}");
    }
}

#[test]
fn every_parameter_that_is_taken_is_described_and_no_other() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let (_, route) = PATHS
            .iter()
            .find(|(known, _)| *known == path)
            .expect("a route");
        let empty = Vec::new();
        let parameters = operation["parameters"].as_array().unwrap_or(&empty);
        let parameters = parameters.iter().map(|one| resolved(&document, one));
        let of = |place: &str| -> Vec<String> {
            let names = parameters.clone().filter(|one| one["in"] == place);
            let mut names: Vec<String> = names
                .map(|one| one["name"].as_str().expect("a name").to_owned())
                .collect();
            names.sort_unstable();
            names
        };
        let in_path: Vec<String> = path
            .split('{')
            .skip(1)
            .map(|rest| rest.split('}').next().expect("a name").to_owned())
            .collect();
        let mut in_path = in_path;
        in_path.sort_unstable();
        assert_eq!(of("path"), in_path, "{path}");
        if let Some(known) = route.parameters(method) {
            let mut known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
            known.sort_unstable();
            assert_eq!(of("query"), known, "{} {path}", method.name());
        }
    }
}

#[test]
fn what_needs_the_token_says_so() {
    for (path, method, operation) in operations(&document()) {
        let (_, route) = PATHS
            .iter()
            .find(|(known, _)| *known == path)
            .expect("a route");
        let always = operation["security"].as_array().is_some_and(|ways| {
            !ways.is_empty() && ways.iter().all(|way| way.get("token").is_some())
        });
        assert_eq!(
            always,
            route.needs_token(method),
            "{} {path}",
            method.name()
        );
        assert_eq!(
            always,
            operation["responses"].get("401").is_some(),
            "{} {path}",
            method.name()
        );
    }
}

#[test]
fn it_is_of_this_version_and_every_reference_leads_somewhere() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut left = vec![&document];
    let mut references = 0;
    while let Some(value) = left.pop() {
        match value {
            Value::Object(fields) => {
                references += usize::from(fields.contains_key("$ref"));
                resolved(&document, value);
                left.extend(fields.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    assert!(references > 50, "{references}");
    assert!(!Route::Unknown.methods().contains(&Method::Get));
}

/// The table that README has: one line an operation, in the document's order.
fn table() -> String {
    let document = document();
    let mut text = "| request | what it does | token |\n|---|---|---|\n".to_owned();
    for (path, method, operation) in operations(&document) {
        let token = match operation["responses"].get("401") {
            Some(_) => "yes",
            None => "",
        };
        let summary = operation["summary"].as_str().expect("a summary");
        text += &format!("| `{} {path}` | {summary} | {token} |\n", method.name());
    }
    text
}

#[test]
fn readme_has_the_whole_api_as_it_is_described() {
    let readme = include_str!("../../README.md");
    let table = table();
    assert!(
        readme.contains(&table),
        "README's table of the API is to be:\n{table}"
    );
}
