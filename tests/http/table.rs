//! The battery as a whole: how many cases there are, and that none is there twice.

use std::collections::BTreeSet;

use super::case::Case;
use super::{
    bodies, chunked, conditional, connection, content_length, expect, fields, head_and_options,
    host, methods, names, request_line, targets, transfer_coding, versions,
};

#[test]
fn the_battery_has_at_least_300_cases_each_of_its_own() {
    let tables: [Vec<Case>; 15] = [
        bodies::cases(),
        chunked::cases(),
        conditional::cases(),
        connection::cases(),
        content_length::cases(),
        expect::cases(),
        fields::cases(),
        head_and_options::cases(),
        host::cases(),
        methods::cases(),
        names::cases(),
        request_line::cases(),
        targets::cases(),
        transfer_coding::cases(),
        versions::cases(),
    ];
    let all: Vec<&Case> = tables.iter().flatten().collect();
    let mut seen = BTreeSet::new();
    let again: Vec<&str> = all
        .iter()
        .filter(|case| !seen.insert(case.bytes.as_slice()))
        .map(|case| case.what.as_str())
        .collect();
    println!("{} cases", all.len());
    assert!(all.len() >= 300, "{} cases", all.len());
    assert!(again.is_empty(), "there twice: {again:?}");
}
