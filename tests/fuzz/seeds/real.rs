//! Real inputs, from the posts and logs beside the repository.

use std::path::{Path, PathBuf};

const DATA: &str = "../shared/data";

/// Longer files are not fuzzed: it would take long, and short ones have the same beginnings.
const MAX_FILE: u64 = 4000;

/// The seeds that real data has for a target.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "front_matter" => posts(),
        "log_lines" => lines().collect(),
        "path_pattern" => targets("/{*slug}\n", ""),
        "query" => targets("0123456789abcdef", ""),
        "request_head" => targets("\u{20}\0GET ", " HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        _ => Vec::new(),
    }
}

fn posts() -> Vec<Vec<u8>> {
    let mut folders = vec![PathBuf::from(DATA).join("posts")];
    let mut seeds = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if path.metadata().is_ok_and(|file| file.len() <= MAX_FILE) {
                seeds.extend(std::fs::read(path).map(|text| [&[1], &text[..]].concat()));
            }
        }
    }
    seeds
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Every hundredth line.
fn lines() -> impl Iterator<Item = Vec<u8>> {
    let logs = entries(&PathBuf::from(DATA).join("logs"));
    let logs = logs
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "log"));
    logs.filter_map(|path| std::fs::read(path).ok())
        .flat_map(|log| {
            let lines: Vec<Vec<u8>> = log
                .split_inclusive(|byte| *byte == b'\n')
                .step_by(100)
                .map(<[u8]>::to_vec)
                .collect();
            lines
        })
}

/// The request targets of these lines, with a text before and after each.
fn targets(before: &str, after: &str) -> Vec<Vec<u8>> {
    lines()
        .filter_map(|line| {
            let start = line.windows(5).position(|five| five == b"\"GET ")? + 5;
            let length = line[start..].iter().position(|byte| *byte == b' ')?;
            Some(
                [
                    before.as_bytes(),
                    &line[start..start + length],
                    after.as_bytes(),
                ]
                .concat(),
            )
        })
        .collect()
}
