//! What an import of logs came to, and how far it is.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::import::log::line::ParseError;
use crate::model::Uncounted;
use crate::sink::BatchResult;

/// Unparsable lines of a log that are shown.
const SHOWN: u64 = 3;

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// What became of the lines.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) logs: u64,
    pub(super) known: u64,
    pub(super) failed: u64,
    pub(super) created: u64,
    pub(super) lines: u64,
    pub(super) other_requests: u64,
    pub(super) other_paths: u64,
    pub(super) no_post: u64,
    pub(super) unparsable: u64,
    pub(super) views: u64,
    pub(super) uncounted: Uncounted,
}

impl Report {
    pub(super) fn applied(&mut self, applied: &BatchResult) {
        self.views += applied.counted;
        for reason in crate::model::Reason::ALL {
            self.uncounted.add(reason, applied.uncounted.get(reason));
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Uncounted {
            duplicate,
            bot,
            dropped,
            ..
        } = self.uncounted;
        write!(
            f,
            "counted: {} views, {bot} bot, {duplicate} duplicate of {} lines; \
             not views: {} other requests, {} other paths, {} no such post, {} unparsable; ",
            self.views,
            self.lines,
            self.other_requests,
            self.other_paths,
            self.no_post,
            self.unparsable
        )?;
        if dropped > 0 {
            write!(f, "{dropped} of posts deleted meanwhile; ")?;
        }
        write!(
            f,
            "posts: {} new; logs: {} counted, {} imported before, {} failed",
            self.created, self.logs, self.known, self.failed
        )
    }
}

/// How far one log is: a bar on a terminal, plain lines elsewhere.
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

    /// Called now and then, with the lines read of this log.
    pub(super) fn tell(&mut self, lines: u64) {
        if !self.bar.is_hidden() || self.last.elapsed() < EVERY {
            return;
        }
        self.last = Instant::now();
        let of = self.bar.length().map_or(String::new(), |size| {
            format!(" ({}%)", self.bar.position() * 100 / size.max(1))
        });
        eprintln!("{}: {lines} lines{of}", self.file.display());
    }

    /// Shows one of the first unparsable lines of this log; not the line itself, for it may hold addresses.
    pub(super) fn unparsable(&mut self, line: u64, error: ParseError) {
        self.show(&format!("{line}: {error}"));
    }

    pub(super) fn too_long(&mut self, line: u64) {
        self.show(&format!("{line}: a line of more than 1 MiB"));
    }

    fn show(&mut self, what: &str) {
        self.shown += 1;
        if self.shown <= SHOWN {
            self.say(&format!("{}:{what}", self.file.display()));
        }
    }

    /// Lines and bar share the terminal: the bar steps aside for them.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }
}
