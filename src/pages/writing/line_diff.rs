//! Where two texts differ, line by line.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// Lines around a difference that are shown with it.
const CONTEXT: usize = 2;

/// How long the shortest list of differences is looked for; beyond it a longer one will do.
const TIME: Duration = Duration::from_millis(100);

/// A line of a list of differences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    /// In both texts.
    Common(String),
    /// In the first one only.
    Removed(String),
    /// In the second one only.
    Added(String),
    /// Common lines are left out here.
    Gap,
}

/// The lines in which two texts differ, with some of those around them.
pub fn line_diff(first: &str, second: &str) -> Vec<DiffLine> {
    let diff = TextDiff::configure()
        .timeout(TIME)
        .diff_lines(first, second);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        if !lines.is_empty() {
            lines.push(DiffLine::Gap);
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches('\n').to_owned();
            lines.push(match change.tag() {
                ChangeTag::Equal => DiffLine::Common(text),
                ChangeTag::Delete => DiffLine::Removed(text),
                ChangeTag::Insert => DiffLine::Added(text),
            });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::DiffLine::{Added, Common, Gap, Removed};
    use super::*;

    #[test]
    fn differences_stand_among_the_lines_around_them() {
        let first = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let second = "a\nB\nc\nd\ne\nf\ng\nh\ni";
        let line = |text: &str| text.to_owned();
        let wanted = [
            Common(line("a")),
            Removed(line("b")),
            Added(line("B")),
            Common(line("c")),
            Common(line("d")),
            Gap,
            Common(line("g")),
            Common(line("h")),
            Added(line("i")),
        ];
        assert_eq!(line_diff(first, second), wanted);
        assert_eq!(line_diff(first, first), []);
    }

    #[test]
    fn large_texts_that_have_nothing_in_common_take_no_long_time() {
        let text = |seed: u64| -> String {
            let mut random = fastrand::Rng::with_seed(seed);
            (0..100_000)
                .map(|_| format!("{}\n", random.u16(..)))
                .collect()
        };
        let (first, second) = (text(1), text(2));
        let start = std::time::Instant::now();
        assert!(!line_diff(&first, &second).is_empty());
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            start.elapsed()
        );
    }
}
