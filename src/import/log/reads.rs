//! Turns log lines into reads: slug, time, and viewer or crawler.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use memchr::{memchr_iter, memchr2};

use super::line::{self, Field, LogEntry, ParseError};
use super::path::PathPattern;
use crate::model::TimestampMs;
use crate::rules::anonymous::{Client, LogSalts, Salt, number};
use crate::rules::bot::BotRule;

/// Maximum of cached targets and slugs, about 50 MB; beyond, they are evicted.
const TARGETS_MAX: usize = 200_000;
/// Maximum of cached agents.
const AGENTS_MAX: usize = 20_000;

/// One line that may be a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The index of its slug in [`LogReader::slugs`].
    pub slug: usize,
    /// The time of the request.
    pub time: TimestampMs,
    /// The number of an anonymous viewer; `None` for a crawler.
    pub viewer: Option<i64>,
}

/// The reads of some lines, and how many lines were none.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Lines that may be views.
    pub reads: Vec<Read>,
    /// All lines.
    pub lines: u64,
    /// Lines that are no `GET` answered 200 or 304.
    pub other_requests: u64,
    /// Reads of paths that match no pattern.
    pub other_paths: u64,
    /// Lines in no known format: the line's index, from 0, and why.
    pub unparsable: Vec<(u64, ParseError)>,
}

/// Turns lines into reads. Caches slugs and agents, since a log repeats few of them many times.
pub struct LogReader {
    patterns: Vec<PathPattern>,
    bots: BotRule,
    salts: LogSalts,
    agents: HashMap<Box<[u8]>, bool, RandomState>,
    /// Paths as logged, and the index of each one's slug; `None` if the path matches no pattern.
    targets: HashMap<Box<[u8]>, Option<usize>, RandomState>,
    indexes: HashMap<String, usize, RandomState>,
    slugs: Vec<(String, TimestampMs)>,
}

impl LogReader {
    /// A reader that uses the first pattern that matches. `key` is the store's for readers in logs.
    pub fn new(patterns: Vec<PathPattern>, key: Salt) -> LogReader {
        LogReader {
            patterns,
            bots: BotRule::new(),
            salts: LogSalts::new(key),
            agents: HashMap::default(),
            targets: HashMap::default(),
            indexes: HashMap::default(),
            slugs: Vec::new(),
        }
    }

    /// The slugs since the last eviction, each with the time of its first read.
    pub fn slugs(&self) -> &[(String, TimestampMs)] {
        &self.slugs
    }

    /// Evicts all slugs if there are too many, and returns whether it did. Indexes then start from 0 again.
    pub fn evict(&mut self) -> bool {
        if self.agents.len() > AGENTS_MAX {
            self.agents.clear();
        }
        if self.targets.len() <= TARGETS_MAX {
            return false;
        }
        self.targets.clear();
        self.indexes.clear();
        self.slugs.clear();
        true
    }

    /// Parses lines into `into`, which is cleared first.
    pub fn read(&mut self, lines: &[u8], into: &mut Reads) {
        into.reads.clear();
        into.unparsable.clear();
        (into.lines, into.other_requests, into.other_paths) = (0, 0, 0);
        let mut from = 0;
        let ends = memchr_iter(b'\n', lines).map(|at| at + 1);
        // The last line may have no line end.
        for end in ends.chain([lines.len()]) {
            if from == end {
                continue;
            }
            match line::parse(&lines[from..end]) {
                Ok(entry) => self.add(&entry, into),
                Err(error) => into.unparsable.push((into.lines, error)),
            }
            into.lines += 1;
            from = end;
        }
    }

    fn add(&mut self, entry: &LogEntry<'_>, into: &mut Reads) {
        if !entry.is_read() {
            into.other_requests += 1;
            return;
        }
        let Some(slug) = self.index_of(entry.target, TimestampMs(entry.time)) else {
            into.other_paths += 1;
            return;
        };
        let bot = entry.agent.is_some_and(|field| self.is_bot(field));
        let time = TimestampMs(entry.time);
        let viewer = (!bot).then(|| {
            let agent = entry.agent.map(Field::text).unwrap_or_default();
            number(self.salts.at(time), Client::parse(entry.host), &agent)
        });
        into.reads.push(Read { slug, time, viewer });
    }

    fn is_bot(&mut self, agent: Field<'_>) -> bool {
        if let Some(&known) = self.agents.get(agent.raw()) {
            return known;
        }
        let bot = self.bots.is_bot(&agent.text());
        self.agents.insert(agent.raw().into(), bot);
        bot
    }

    fn index_of(&mut self, target: Field<'_>, time: TimestampMs) -> Option<usize> {
        // Query and fragment do not affect the slug, and vary in each request.
        let raw = target.raw();
        let path = &raw[..memchr2(b'?', b'#', raw).unwrap_or(raw.len())];
        if let Some(&known) = self.targets.get(path) {
            return known;
        }
        let text = target.text();
        let slug = self
            .patterns
            .iter()
            .find_map(|pattern| pattern.slug_of(&text));
        let index = slug.map(|slug| match self.indexes.get(&slug) {
            Some(&index) => index,
            None => {
                self.indexes.insert(slug.clone(), self.slugs.len());
                self.slugs.push((slug, time));
                self.slugs.len() - 1
            }
        });
        self.targets.insert(path.into(), index);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(patterns: &[&str], lines: &str) -> (Reads, Vec<String>) {
        let patterns = patterns.iter().map(|text| text.parse().unwrap()).collect();
        let mut reader = LogReader::new(patterns, [1; 16]);
        let mut reads = Reads::default();
        reader.read(lines.as_bytes(), &mut reads);
        let slugs = reader
            .slugs()
            .iter()
            .map(|(slug, _)| slug.clone())
            .collect();
        (reads, slugs)
    }

    const AT: &str = "[17/May/2015:10:05:03 +0000]";

    #[test]
    fn lines_become_reads_or_are_counted() {
        let lines = format!(
            "192.0.2.1 - - {AT} \"GET /blog/a?x=1 HTTP/1.1\" 200 1 \"-\" \"Firefox\"\n\
             192.0.2.1 - - {AT} \"GET /news/b HTTP/1.1\" 304 - \"-\" \"Googlebot/2.1\"\n\
             192.0.2.1 - - {AT} \"GET /blog/a?x=2 HTTP/1.1\" 200 1 \"-\" \"Firefox\"\n\
             192.0.2.1 - - {AT} \"HEAD /blog/a HTTP/1.1\" 200 1\n\
             192.0.2.1 - - {AT} \"GET /blog/a HTTP/1.1\" 404 1\n\
             192.0.2.1 - - {AT} \"GET /other HTTP/1.1\" 200 1\n\
             nonsense\n\
             192.0.2.2 - - {AT} \"GET /blog/c HTTP/1.1\" 200 1"
        );
        let (reads, slugs) = read(&["/blog/{slug}", "/news/{slug}"], &lines);
        assert_eq!(slugs, ["a", "b", "c"]);
        let who: Vec<(usize, bool)> = reads
            .reads
            .iter()
            .map(|read| (read.slug, read.viewer.is_some()))
            .collect();
        assert_eq!(who, [(0, true), (1, false), (0, true), (2, true)]);
        assert_eq!(reads.reads[0].viewer, reads.reads[2].viewer);
        assert_eq!(
            (reads.lines, reads.other_requests, reads.other_paths),
            (8, 2, 1)
        );
        assert_eq!(reads.unparsable, [(6, ParseError::Host)]);
    }
}
