//! The picture in README: CPU per request and p99 of each contender, on logarithmic axes because they lie far apart.
//!
//! Drawn by hand: two panels of dots and whiskers need no plotting library and no fonts.

use std::fmt::Write;

use crate::case::Case;
use crate::measure::Metric;
use crate::results::Results;
use crate::stats::{Spread, figure};

const LABELS: f64 = 150.0;
const PANEL: f64 = 330.0;
const GAP: f64 = 90.0;
const TOP: f64 = 70.0;
const ROW: f64 = 28.0;
const BOTTOM: f64 = 62.0;
const MARGIN: f64 = 20.0;
/// Room for the last figure of the right panel.
const TAIL: f64 = 60.0;

const INK: &str = "#1f2328";
const FAINT: &str = "#d0d7de";
const QUIET: &str = "#59636e";
const OWN: &str = "#0969da";
const PEER: &str = "#8c6d1f";

/// The chart of one case; `None` when nothing was measured in it.
pub fn svg(results: &Results, case: &Case, notes: &[String]) -> Option<String> {
    let mut names = results.contenders(case);
    if names.is_empty() {
        return None;
    }
    let cost = |name: &&str| {
        results
            .spread(name, case, Metric::Cpu)
            .map_or(f64::INFINITY, |cpu| cpu.median)
    };
    names.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    let height = TOP + ROW * names.len() as f64 + BOTTOM + 14.0 * notes.len() as f64;
    let width = LABELS + 2.0 * PANEL + GAP + 2.0 * MARGIN + TAIL;
    let mut out = String::new();
    let _ = write!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12" fill="{INK}">
<title>CPU per request and p99 latency: {case}</title>
<rect width="100%" height="100%" rx="6" fill="#ffffff"/>
"##
    );
    text(
        &mut out,
        MARGIN,
        26.0,
        "start",
        r#" font-size="15" font-weight="600""#,
        &format!("One post read and counted: {case}"),
    );
    for (row, name) in names.iter().enumerate() {
        let weight = if is_own(name) {
            r#" font-weight="600""#
        } else {
            ""
        };
        text(&mut out, MARGIN, middle(row) + 4.0, "start", weight, name);
    }
    let panels = [
        (Metric::Cpu, "CPU µs per request (less is better)"),
        (Metric::P99, "p99 latency µs (less is better)"),
    ];
    for (index, (metric, title)) in panels.into_iter().enumerate() {
        let left = MARGIN + LABELS + index as f64 * (PANEL + GAP);
        let rows: Vec<_> = names
            .iter()
            .map(|name| (*name, results.spread(name, case, metric)))
            .collect();
        panel(&mut out, left, title, &rows);
    }
    for (line, note) in notes.iter().enumerate() {
        let y = TOP + ROW * names.len() as f64 + 46.0 + 14.0 * line as f64;
        text(
            &mut out,
            MARGIN,
            y,
            "start",
            &format!(r#" font-size="10" fill="{QUIET}""#),
            note,
        );
    }
    out.push_str("</svg>\n");
    Some(out)
}

fn panel(out: &mut String, left: f64, title: &str, rows: &[(&str, Option<Spread>)]) {
    let axis = Axis::over(left, rows.iter().filter_map(|(_, spread)| *spread));
    let floor = TOP + ROW * rows.len() as f64;
    text(
        out,
        left,
        TOP - 16.0,
        "start",
        r#" font-weight="600""#,
        title,
    );
    for tick in axis.ticks() {
        let x = axis.at(tick);
        let _ = writeln!(
            out,
            r#"<path d="M{x:.1} {TOP}V{floor:.1}" stroke="{FAINT}"/>"#
        );
        text(
            out,
            x,
            floor + 16.0,
            "middle",
            &format!(r#" fill="{QUIET}""#),
            figure(tick).trim_end_matches(".00").trim_end_matches(".0"),
        );
    }
    for (row, (name, spread)) in rows.iter().enumerate() {
        let y = middle(row);
        let colour = if is_own(name) { OWN } else { PEER };
        let Some(spread) = spread else {
            text(
                out,
                left,
                y + 4.0,
                "start",
                &format!(r#" fill="{QUIET}""#),
                "not measured",
            );
            continue;
        };
        let (from, dot, to) = (
            axis.at(spread.min),
            axis.at(spread.median),
            axis.at(spread.max),
        );
        let _ = writeln!(
            out,
            r#"<path d="M{from:.1} {y}H{to:.1}" stroke="{colour}" stroke-width="3" stroke-opacity=".45"/>"#
        );
        let _ = writeln!(
            out,
            r#"<circle cx="{dot:.1}" cy="{y}" r="5" fill="{colour}"/>"#
        );
        // The first one is a white edge that keeps the grid off the figure.
        for edge in [r##" stroke="#ffffff" stroke-width="4""##, ""] {
            text(
                out,
                to.max(dot) + 9.0,
                y + 4.0,
                "start",
                edge,
                &figure(spread.median),
            );
        }
    }
}

/// A logarithmic axis over whole decades' halves, so that the nearest dots still stand apart.
struct Axis {
    left: f64,
    low: f64,
    high: f64,
}

impl Axis {
    fn over(left: f64, spreads: impl Iterator<Item = Spread>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for spread in spreads {
            low = low.min(spread.min.max(0.1));
            high = high.max(spread.max);
        }
        if !low.is_finite() {
            (low, high) = (1.0, 10.0);
        }
        Self {
            left,
            low: low / 1.3,
            high: high.max(low * 2.0) * 1.3,
        }
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value.max(self.low) / self.low).ln() / (self.high / self.low).ln();
        self.left + share * PANEL
    }

    /// 1, 2 and 5 of each decade, or only 1 when there are many decades.
    fn ticks(&self) -> Vec<f64> {
        let decades = (self.high / self.low).log10();
        let steps: &[f64] = if decades > 2.2 {
            &[1.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        (-1..9)
            .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)))
            .filter(|tick| (self.low..self.high).contains(tick))
            .collect()
    }
}

fn is_own(name: &str) -> bool {
    name.starts_with("viewtally")
}

fn middle(row: usize) -> f64 {
    TOP + ROW * (row as f64 + 0.5)
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, attributes: &str, words: &str) {
    let words = words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let _ = writeln!(
        out,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}"{attributes}>{words}</text>"#
    );
}
