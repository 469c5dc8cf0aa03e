//! Whether what was read was an access log, and of this site.

use super::failure::Failure;
use crate::import::log::{ParseError, Reads};

/// Lines that are shown of a file that is no log.
const SHOWN: usize = 3;

/// Paths that are shown where none matched.
pub(super) const PATHS: usize = 5;

/// What the lines of one log were.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Lines that should say something of a request.
    lines: u64,
    not_understood: u64,
    sample: Vec<(u64, ParseError, String)>,
}

impl Verdict {
    /// Adds lines, which begin after `before` others.
    pub(super) fn add(&mut self, reads: &Reads, before: u64) {
        self.lines += reads.lines - reads.no_requests;
        self.not_understood += reads.unparsable.len() as u64;
        let missing = SHOWN - self.sample.len();
        let shown = reads.unparsable.iter().zip(&reads.sample).take(missing);
        self.sample
            .extend(shown.map(|(&(line, error), text)| (before + line + 1, error, text.clone())));
    }

    /// Adds a line that was too long to be read.
    pub(super) fn add_too_long(&mut self) {
        self.lines += 1;
        self.not_understood += 1;
    }

    /// Fails if hardly a line, one in ten at most, is in a known format: then it is no log, whatever that line is. Asked
    /// before anything is counted.
    pub(super) fn check_start(&self) -> Result<(), Failure> {
        let understood = self.lines - self.not_understood;
        if self.not_understood > 0 && understood * 10 <= self.lines {
            return Err(self.failure("nothing of it was counted"));
        }
        Ok(())
    }

    /// Fails if most lines are in no known format. Asked at the end, since damage need not be spread evenly.
    pub(super) fn check_all(&self) -> Result<(), Failure> {
        if self.not_understood * 2 > self.lines {
            return Err(self.failure("the others were counted"));
        }
        Ok(())
    }

    fn failure(&self, consequence: &str) -> Failure {
        let mut text = format!(
            "{} of {} lines are in no known format (common, combined, either with the site before it, \
             Caddy's or nginx's JSON, W3C); {consequence}",
            self.not_understood, self.lines
        );
        for (line, error, shown) in &self.sample {
            text += &format!("\n  line {line}: {error}: {shown}");
        }
        Failure::Log(text)
    }
}

/// The failure of a log of which no read matches a pattern; `paths` are the commonest of them.
pub(super) fn no_match(reads: u64, paths: Vec<(String, u64)>) -> Failure {
    let paths: Vec<String> = paths
        .into_iter()
        .map(|(path, count)| format!("\n  {count:>8} {path}"))
        .collect();
    Failure::Log(format!(
        "none of its {reads} reads matches --path; try a pattern for the commonest paths:{}",
        paths.concat()
    ))
}
