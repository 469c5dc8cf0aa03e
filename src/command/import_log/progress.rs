//! Shows how far the import of a log is.

use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::command::output::print_error;
use crate::import::log::ParseError;

/// How many unparsable lines of a log are shown.
const SHOWN: u64 = 3;

/// How often a line is printed if there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// Shows how far one log is: a bar on a terminal, plain lines elsewhere.
pub(super) struct Progress<'a> {
    file: &'a Path,
    pub(super) bar: ProgressBar,
    last: Instant,
    shown: u64,
}

impl<'a> Progress<'a> {
    pub(super) fn new(file: &'a Path, size: Option<u64>) -> Progress<'a> {
        let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
        let template = match size {
            Some(_) => "{msg} {bar:30} {percent}% of {total_bytes}, {bytes_per_sec}, {eta} left",
            None => "{spinner} {msg} {bytes}, {bytes_per_sec}, {elapsed}",
        };
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(file.display().to_string());
        Progress {
            file,
            bar,
            last: Instant::now(),
            shown: 0,
        }
    }

    /// Shows how many lines of this log are read. Called after each chunk.
    pub(super) fn update(&mut self, lines: u64) {
        if !self.bar.is_hidden() || self.last.elapsed() < EVERY {
            return;
        }
        self.last = Instant::now();
        let of = self.bar.length().map_or(String::new(), |size| {
            format!(" ({}%)", self.bar.position() * 100 / size.max(1))
        });
        print_error(format_args!("{}: {lines} lines{of}", self.file.display()));
    }

    /// Shows one of the first unparsable lines of this log; not the line itself, which may contain addresses.
    pub(super) fn unparsable(&mut self, line: u64, error: ParseError) {
        self.show(&format!("{line}: {error}"));
    }

    pub(super) fn too_long(&mut self, line: u64) {
        self.show(&format!("{line}: a line of more than 1 MiB"));
    }

    fn show(&mut self, what: &str) {
        self.shown += 1;
        if self.shown <= SHOWN {
            self.print(&format!("{}:{what}", self.file.display()));
        }
    }

    /// Prints a line, and redraws the bar below it.
    fn print(&self, line: &str) {
        self.bar.suspend(|| print_error(line));
    }
}
