//! What is fuzzed is what is shipped: the fuzz targets are built with the product's versions of what both use.

use std::collections::BTreeSet;

use super::source::root;

/// What only the fuzz targets use.
const OWN: [&str; 4] = ["viewtally-fuzz", "libfuzzer-sys", "arbitrary", "jobserver"];

/// The packages of a lock file, with their versions.
fn packages(file: &str) -> BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(root().join(file)).expect(file);
    let packages = text.split("[[package]]").skip(1);
    packages
        .map(|package| {
            let value = |key: &str| {
                let start = format!("{key} = \"");
                let line = package.lines().find_map(|line| line.strip_prefix(&start));
                line.expect("a name and a version")
                    .trim_end_matches('"')
                    .to_owned()
            };
            (value("name"), value("version"))
        })
        .collect()
}

#[test]
fn fuzz_targets_have_the_versions_of_the_product() {
    let product = packages("Cargo.lock");
    let mut fuzzed = packages("tests/fuzz/Cargo.lock");
    fuzzed.retain(|(name, _)| !OWN.contains(&name.as_str()));
    let others: Vec<_> = fuzzed.difference(&product).collect();
    assert!(others.is_empty(), "run `make fuzz-lock`: {others:?}");
    assert!(fuzzed.len() > 50, "{fuzzed:?}");
}
