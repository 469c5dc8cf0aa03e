//! Results as Markdown tables, aligned so that they read well in a terminal too.

use crate::case::Case;
use crate::demand::Verdict;
use crate::markdown::markdown;
use crate::measure::Metric;
use crate::results::Results;
use crate::stats::{Spread, figure};

const MEGABYTE: f64 = 1024.0 * 1024.0;

/// One table: the contenders of a case.
pub fn of_case(results: &Results, case: &Case) -> String {
    let head = [
        "contender",
        "requests/s",
        "CPU µs/request",
        "p50 µs",
        "p99 µs",
        "p99.9 µs",
        "peak MB",
        "lost",
        "errors",
    ];
    let rows = results
        .contenders(case)
        .into_iter()
        .map(|name| row(results, name, case))
        .collect();
    format!("### {case}\n\n{}", markdown(&head, rows))
}

fn row(results: &Results, name: &str, case: &Case) -> Vec<String> {
    let spread = |metric| results.spread(name, case, metric);
    let lost = match (spread(Metric::Lost), results.lost_share(name, case)) {
        (Some(lost), Some(share)) if lost.max > 0.0 => {
            format!("{} ({:.1} %)", figure(lost.median), share * 100.0)
        }
        (Some(_), _) => "0".to_owned(),
        _ => "–".to_owned(),
    };
    vec![
        name.to_owned(),
        range(spread(Metric::Rate), 1.0),
        range(spread(Metric::Cpu), 1.0),
        middle(spread(Metric::P50), 1.0),
        range(spread(Metric::P99), 1.0),
        range(spread(Metric::P999), 1.0),
        middle(spread(Metric::Peak), MEGABYTE),
        lost,
        middle(spread(Metric::Errors), 1.0),
    ]
}

/// The demands and what became of them.
pub fn of_verdicts(verdicts: &[Verdict]) -> String {
    let head = ["ratio", "case", "median (min–max)", "demanded", ""];
    markdown(&head, verdicts.iter().map(Verdict::cells).collect())
}

fn range(spread: Option<Spread>, unit: f64) -> String {
    spread.map_or_else(|| "–".to_owned(), |s| s.in_units(unit).to_string())
}

fn middle(spread: Option<Spread>, unit: f64) -> String {
    spread.map_or_else(|| "–".to_owned(), |s| figure(s.median / unit))
}
