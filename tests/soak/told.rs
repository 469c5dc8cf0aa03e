//! What a server says at its end of the events that it did not write.

use crate::support::Finished;

/// The numbers of a server's last lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Views counted and events in the ledger, where a drain came to its end.
    pub written: Option<i64>,
    /// Kept for the next start.
    pub kept: i64,
    /// Lost, and said so.
    pub lost: i64,
}

impl Told {
    pub fn by(finished: &Finished) -> Self {
        let unwritten = |line: &&str| {
            line.contains("could not be written") || line.contains("were not written")
        };
        let (mut kept, mut lost) = (0, 0);
        for line in finished.stderr.lines().filter(unwritten) {
            let events = first_number(line);
            match line.contains("lost") {
                true => lost += events,
                false => kept += events,
            }
        }
        let report = finished
            .stdout
            .lines()
            .find(|line| line.starts_with("stopped: "));
        Self {
            written: report.map(|line| {
                number_before(line, " views counted") + number_before(line, " not counted")
            }),
            kept,
            lost,
        }
    }
}

/// The first number of a line that is a word of its own.
fn first_number(line: &str) -> i64 {
    let mut numbers = line.split_whitespace().filter_map(|word| word.parse().ok());
    numbers
        .next()
        .unwrap_or_else(|| panic!("no number in {line}"))
}

fn number_before(line: &str, words: &str) -> i64 {
    let (before, _) = line
        .split_once(words)
        .unwrap_or_else(|| panic!("no {words:?} in {line}"));
    let number = before.rsplit(' ').next().and_then(|word| word.parse().ok());
    number.unwrap_or_else(|| panic!("no number before {words:?} in {line}"))
}

#[test]
fn last_lines_are_understood() {
    let told = |stdout: &str, stderr: &str| {
        Told::by(&Finished {
            code: None,
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            took: std::time::Duration::ZERO,
        })
    };
    let report = "listening\nstopped: 12 requests answered, 7 views counted, 3 not counted (duplicate 1, bot 2), 0 spilled\n";
    let spilled = "viewtally: 5 views could not be written (busy) and are spilled to x; the next start counts them\n";
    let lost =
        "viewtally: stopped at once by a second signal; 4 events were not written and are lost\n";
    let of = |written, kept, lost| Told {
        written,
        kept,
        lost,
    };
    assert_eq!(told(report, ""), of(Some(10), 0, 0));
    assert_eq!(told(report, spilled), of(Some(10), 5, 0));
    assert_eq!(told("", lost), of(None, 0, 4));
}
