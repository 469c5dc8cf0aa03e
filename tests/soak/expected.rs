//! What the readers' answers come to: for each viewer and reason the least and the most that may be written.

use std::collections::HashMap;

use super::reader::{self, Reads, Sort};

/// At least and at most so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Answered.
    pub least: i64,
    /// Answered, or under way when the connection ended.
    pub most: i64,
}

impl Bounds {
    fn add(&mut self, is_answered: bool) {
        self.least += i64::from(is_answered);
        self.most += 1;
    }

    /// Whether `found` is within them.
    pub fn hold(self, found: i64) -> bool {
        (self.least..=self.most).contains(&found)
    }
}

/// One viewer's reads, all of one post.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfViewer {
    pub post: usize,
    pub reads: Bounds,
}

/// What all the readers' reads come to.
#[derive(Debug, Default)]
pub struct Expected {
    pub viewers: HashMap<String, OfViewer>,
    pub bot: Bounds,
    pub prefetch: Bounds,
    pub excluded: Bounds,
    /// Views and uncounted events.
    pub all: Bounds,
}

impl Expected {
    pub fn of(all: &[Reads]) -> Self {
        let mut expected = Self::default();
        for reads in all {
            assert!(
                reads.unexpected.is_empty(),
                "unexpected answers: {:?}",
                reads.unexpected
            );
            for read in &reads.reads {
                let is_answered = read.is_answered;
                expected.all.add(is_answered);
                match read.sort {
                    Sort::Named(number) => {
                        let name = reader::name(reads.client, number);
                        let viewer = expected.viewers.entry(name).or_default();
                        viewer.post = read.post;
                        viewer.reads.add(is_answered);
                    }
                    Sort::Bot => expected.bot.add(is_answered),
                    Sort::Prefetch => expected.prefetch.add(is_answered),
                    Sort::Excluded => expected.excluded.add(is_answered),
                    Sort::OptedOut => {}
                }
            }
        }
        expected
    }

    /// How many answers there were that are certain to be somewhere, and how many that may be.
    pub fn summary(&self) -> String {
        let Bounds { least, most } = self.all;
        format!("{} viewers, {least} to {most} events", self.viewers.len())
    }
}
