//! Two real logs imported: each post has exactly the reads that its log has, counted here anew and as simply as can be.
//!
//! The logs are no part of the repository; where they are not, these tests are skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::{Home, missing};

const LOGS: [&str; 2] = ["semicomplete-apache-2015", "erddap-nginx-2024-damaged"];

/// A real log and another program's counts of it.
fn real_log(name: &str) -> Option<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/logs");
    let log = folder.join(format!("{name}.log"));
    let Ok(counts) = std::fs::read_to_string(folder.join(format!("{name}.gets.tsv"))) else {
        missing(&format!(
            "there is no ../shared/data/logs/{name}.log beside the repository"
        ));
        return None;
    };
    Some((log, counts))
}

/// What a path's slug is, for the paths of these logs.
fn slug_of(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let hex: Option<u8> = (byte == b'%')
            .then(|| rest.clone().take(2).collect::<Vec<u8>>())
            .and_then(|two| String::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(&two, 16).ok());
        if hex.is_some() {
            rest.nth(1);
        }
        bytes.push(hex.unwrap_or(byte));
    }
    let path = String::from_utf8(bytes).expect("these logs' paths are UTF-8");
    let path = path.to_lowercase();
    let mut segments: Vec<&str> = path
        .split('/')
        .filter(|part| !["", ".", ".."].contains(part))
        .collect();
    if matches!(
        segments.last(),
        Some(&("index" | "index.html" | "index.htm"))
    ) {
        segments.pop();
    }
    let joined = segments.join("-");
    let joined = joined.trim_end_matches(".html").trim_end_matches(".htm");
    let mut slug = String::new();
    for c in joined.chars() {
        match c {
            '-' | '_' => slug.push(c),
            c if c.is_alphanumeric() => slug.push(c),
            // What is no letter takes the hyphens beside it along.
            _ => slug.push('\0'),
        }
    }
    let words: Vec<&str> = slug
        .split('\0')
        .map(|word| word.trim_matches('-'))
        .collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    match words.join("-").trim_matches('-') {
        "" => "index".to_owned(),
        number if number.bytes().all(|b| b.is_ascii_digit()) => format!("post-{number}"),
        slug => slug.chars().take(200).collect(),
    }
}

/// `GET`s answered 200 or 304, by slug: every line that has all its quotes.
fn scan(log: &Path) -> BTreeMap<String, i64> {
    let text = std::fs::read_to_string(log).expect("the log is UTF-8");
    let mut reads = BTreeMap::new();
    for line in text.lines() {
        let parts: Vec<&str> = line.split('"').collect();
        let whole = parts.len() == 7 && parts[0].contains('[') && parts[4] == " ";
        if !whole || !parts[6].is_empty() {
            continue;
        }
        let mut request = parts[1].split(' ');
        let status = parts[2].split_whitespace().next();
        if request.next() == Some("GET") && matches!(status, Some("200" | "304")) {
            let target = request.next().expect("a target");
            let path = target.split('?').next().expect("a path");
            *reads.entry(slug_of(path)).or_default() += 1;
        }
    }
    reads
}

/// Views, duplicates and crawlers' reads of each post.
fn numbers(home: &Home) -> BTreeMap<String, [i64; 3]> {
    let finished = home.run(&["export", "--format", "csv"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let rows = finished.stdout.lines().skip(1).map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        let number = |at: usize| cells[at].parse().expect("a number");
        (cells[1].to_owned(), [number(2), number(4), number(5)])
    });
    rows.collect()
}

fn sums(numbers: &BTreeMap<String, [i64; 3]>) -> BTreeMap<String, i64> {
    let sum = |(slug, of): (&String, &[i64; 3])| (slug.clone(), of.iter().sum());
    numbers.iter().map(sum).collect()
}

/// As `assert_eq!`, but shows only what differs.
fn assert_same(ours: &BTreeMap<String, i64>, log: &BTreeMap<String, i64>) {
    let slugs: BTreeSet<&String> = ours.keys().chain(log.keys()).collect();
    let differing: Vec<_> = slugs
        .into_iter()
        .map(|slug| (slug, ours.get(slug), log.get(slug)))
        .filter(|(_, ours, log)| ours != log)
        .collect();
    assert!(differing.is_empty(), "post, ours, the log's: {differing:?}");
}

#[test]
fn every_read_of_a_real_log_is_a_view_a_crawlers_or_a_repeat() {
    for name in LOGS {
        let Some((log, counts)) = real_log(name) else {
            return;
        };
        let reads = scan(&log);
        for window in ["0", "1h"] {
            let home = Home::new();
            let file = log.to_string_lossy();
            // Each path a post of its own, as the other program has it.
            let path = ["--path", "/{*slug}", "--create", "--assets"];
            let import = [
                &["import", "log", &file, "--dedup-window", window],
                &path[..],
            ]
            .concat();
            let finished = home.run(&import);
            assert_eq!(finished.code, Some(0), "{finished:?}");
            let first = numbers(&home);
            assert_same(&sums(&first), &reads);
            let total = |at: usize| first.values().map(|of| of[at]).sum::<i64>();
            assert!(total(0) > 0 && total(2) > 0, "{finished:?}");
            assert_eq!(total(1) > 0, window != "0", "{finished:?}");

            let again = home.run(&import);
            assert_eq!(again.code, Some(0), "{again:?}");
            assert!(again.stdout.contains("1 imported before"), "{again:?}");
            assert!(
                numbers(&home) == first,
                "{name}: importing it again changed something"
            );
            assert_eq!(home.run(&["check"]).code, Some(0));
        }
        agrees_with_another_program(&reads, &counts);
    }
}

/// The other program counted 2xx where 200 counts here: there is no less of it, and as much but for a few ranges.
fn agrees_with_another_program(reads: &BTreeMap<String, i64>, counts: &str) {
    let mut others: BTreeMap<String, i64> = BTreeMap::new();
    for row in counts.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let number = |at: usize| cells[at].parse::<i64>().expect("a number");
        *others.entry(slug_of(cells[0])).or_default() += number(1) + number(3);
    }
    let missing: i64 = others
        .iter()
        .map(|(slug, count)| {
            let ours = reads.get(slug).copied().unwrap_or(0);
            assert!(ours <= *count, "{slug}: {ours} against {count}");
            count - ours
        })
        .sum();
    assert!(missing <= 45, "{missing} reads are missing");
    assert!(reads.keys().all(|slug| others.contains_key(slug)));
}
