//! Turns log lines into reads: slug, time, and viewer or crawler.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use memchr::memchr_iter;

use super::asset::is_asset;
use super::commonest::Commonest;
use super::entry::{Field, LogEntry};
use super::line::LineParser;
use super::parse_error::ParseError;
use super::path::PathPattern;
use super::sample::escaped;
use crate::model::{PageAddress, TimestampMs, address};
use crate::rules::anonymous::{Client, LogSalts, Salt, number};
use crate::rules::bot::BotRule;

/// Maximum of cached targets and slugs, about 50 MB; beyond, they are evicted.
const TARGETS_MAX: usize = 200_000;
/// Maximum of cached agents.
const AGENTS_MAX: usize = 20_000;
/// Bytes of a target or an agent that is cached. Few real ones are longer, and what a client makes up need not be kept.
const CACHED_LENGTH: usize = 512;
/// Lines in no known format that are kept as a sample.
const SAMPLE: usize = 3;

/// One line that may be a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The index of its post in [`LogReader::posts`].
    pub post: usize,
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
    /// Lines that say nothing of a request: blank ones, and directives.
    pub no_requests: u64,
    /// Lines that are no `GET` answered 200 or 304.
    pub other_requests: u64,
    /// Reads of paths that match no pattern.
    pub other_paths: u64,
    /// Lines in no known format: the line's index, from 0, and why.
    pub unparsable: Vec<(u64, ParseError)>,
    /// The first of them, as they may be shown.
    pub sample: Vec<String>,
}

/// A post as a log names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostName {
    /// Its slug.
    pub slug: String,
    /// Its page's path, where that tells posts of one slug apart.
    pub page: Option<PageAddress>,
    /// When it was read first.
    pub first: TimestampMs,
    /// Whether its path is that of an asset, so that it need not be a post.
    pub asset: bool,
}

/// Turns lines into reads. Caches slugs and agents, since a log repeats few of them many times.
pub struct LogReader {
    patterns: Vec<PathPattern>,
    parser: LineParser,
    bots: BotRule,
    salts: LogSalts,
    agents: HashMap<Box<[u8]>, bool, RandomState>,
    /// Paths as logged, and the index of each one's post; `None` if the path matches no pattern.
    targets: HashMap<Box<[u8]>, Option<usize>, RandomState>,
    indexes: HashMap<(String, Option<PageAddress>, bool), usize, RandomState>,
    /// Whether pages of one slug are told apart by their paths.
    by_page: bool,
    posts: Vec<PostName>,
    /// Whether a path of this log has matched.
    matched: bool,
    /// The paths of this log, until one matches.
    unmatched: Commonest,
}

impl LogReader {
    /// A reader that uses the first pattern that matches. `key` is the store's for readers in logs.
    /// With `by_page`, pages whose last segments are alike are told apart by the folders before.
    pub fn new(patterns: Vec<PathPattern>, key: Salt, by_page: bool) -> LogReader {
        LogReader {
            by_page,
            patterns,
            parser: LineParser::default(),
            bots: BotRule::new(),
            salts: LogSalts::new(key),
            agents: HashMap::default(),
            targets: HashMap::default(),
            indexes: HashMap::default(),
            posts: Vec::new(),
            matched: false,
            unmatched: Commonest::default(),
        }
    }

    /// Begins another log. What is written to the answer is the part of it that is not read.
    pub fn begin_log(&mut self) -> &mut dyn std::io::Write {
        self.parser = LineParser::default();
        self.matched = false;
        self.unmatched = Commonest::default();
        &mut self.parser
    }

    /// The posts since the last eviction.
    pub fn posts(&self) -> &[PostName] {
        &self.posts
    }

    /// The commonest paths of this log, if it has reads and none matched a pattern.
    pub fn unmatched(&self, limit: usize) -> Vec<(String, u64)> {
        self.unmatched.top(limit)
    }

    /// Evicts all posts if there are too many, and returns whether it did. Indexes then start from 0 again.
    pub fn evict(&mut self) -> bool {
        if self.agents.len() > AGENTS_MAX {
            self.agents.clear();
        }
        if self.targets.len() <= TARGETS_MAX && self.posts.len() <= TARGETS_MAX {
            return false;
        }
        self.targets.clear();
        self.indexes.clear();
        self.posts.clear();
        true
    }

    /// Parses lines into `into`, which is cleared first.
    pub fn read(&mut self, lines: &[u8], into: &mut Reads) {
        into.reads.clear();
        into.unparsable.clear();
        into.sample.clear();
        (into.lines, into.no_requests) = (0, 0);
        (into.other_requests, into.other_paths) = (0, 0);
        let mut from = 0;
        let ends = memchr_iter(b'\n', lines).map(|at| at + 1);
        // The last line may have no line end.
        for end in ends.chain([lines.len()]) {
            if from == end {
                continue;
            }
            let line = &lines[from..end];
            match self.parser.parse(line) {
                Ok(Some(entry)) => self.add(&entry, into),
                Ok(None) => into.no_requests += 1,
                Err(error) => {
                    if into.sample.len() < SAMPLE {
                        into.sample.push(escaped(line.trim_ascii_end()));
                    }
                    into.unparsable.push((into.lines, error));
                }
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
        let time = TimestampMs(entry.time);
        let Some(post) = self.index_of(&entry.target, time) else {
            into.other_paths += 1;
            return;
        };
        let agent = entry.agent.as_ref().map(Field::text).unwrap_or_default();
        let bot = entry.agent.is_some() && self.is_bot(&agent);
        let viewer = (!bot).then(|| {
            let client = Client::parse(&entry.client);
            number(self.salts.at(time), client, &agent)
        });
        into.reads.push(Read { post, time, viewer });
    }

    fn is_bot(&mut self, agent: &str) -> bool {
        if let Some(&known) = self.agents.get(agent.as_bytes()) {
            return known;
        }
        let bot = self.bots.is_bot(agent);
        if agent.len() <= CACHED_LENGTH {
            self.agents.insert(agent.as_bytes().into(), bot);
        }
        bot
    }

    fn index_of(&mut self, target: &Field<'_>, time: TimestampMs) -> Option<usize> {
        let target = target.text();
        // Query and fragment do not affect the slug, and vary in each request.
        let path = address::path_of(&target).unwrap_or_default();
        let index = match self.targets.get(path.as_bytes()) {
            Some(&known) => known,
            None => {
                let index = self.match_path(path, time);
                if path.len() <= CACHED_LENGTH {
                    self.targets.insert(path.as_bytes().into(), index);
                }
                index
            }
        };
        if !self.matched {
            self.matched = index.is_some();
            match index {
                Some(_) => self.unmatched = Commonest::default(),
                None => self.unmatched.add(path.as_bytes()),
            }
        }
        index
    }

    fn match_path(&mut self, path: &str, time: TimestampMs) -> Option<usize> {
        if path.is_empty() {
            return None;
        }
        let decoded = address::decode(path);
        let named = |pattern: &PathPattern| Some((pattern.slug_of(&decoded)?, pattern.is_whole()));
        let (slug, is_whole) = self.patterns.iter().find_map(named)?;
        let page = match self.by_page && is_whole {
            true => PageAddress::assemble("", path).ok(),
            false => None,
        };
        Some(self.index_of_post(PostName {
            slug,
            page,
            first: time,
            asset: is_asset(&decoded),
        }))
    }

    fn index_of_post(&mut self, name: PostName) -> usize {
        let next = self.posts.len();
        let key = (name.slug.clone(), name.page.clone(), name.asset);
        let index = *self.indexes.entry(key).or_insert(next);
        if index == next {
            self.posts.push(name);
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(patterns: &[&str], lines: &str) -> (Reads, Vec<String>) {
        let patterns = patterns.iter().map(|text| text.parse().unwrap()).collect();
        let mut reader = LogReader::new(patterns, [1; 16], false);
        let mut reads = Reads::default();
        reader.read(lines.as_bytes(), &mut reads);
        let slugs = reader.posts().iter().map(|post| post.slug.clone());
        (reads, slugs.collect())
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
            .map(|read| (read.post, read.viewer.is_some()))
            .collect();
        assert_eq!(who, [(0, true), (1, false), (0, true), (2, true)]);
        assert_eq!(reads.reads[0].viewer, reads.reads[2].viewer);
        assert_eq!(
            (reads.lines, reads.other_requests, reads.other_paths),
            (8, 2, 1)
        );
        assert_eq!(reads.unparsable, [(6, ParseError::Host)]);
        assert_eq!(reads.sample, ["nonsense"]);
    }

    #[test]
    fn assets_are_posts_of_their_own() {
        let lines = ["/a.js", "/a-js/", "/A.JS?v=1", "/a.css"]
            .map(|path| format!("192.0.2.1 - - {AT} \"GET {path} HTTP/1.1\" 200 1\n"));
        let mut reader = LogReader::new(vec![PathPattern::default()], [1; 16], false);
        let mut reads = Reads::default();
        reader.read(lines.concat().as_bytes(), &mut reads);
        let posts: Vec<(&str, bool)> = reader
            .posts()
            .iter()
            .map(|post| (post.slug.as_str(), post.asset))
            .collect();
        assert_eq!(posts, [("a-js", true), ("a-js", false), ("a-css", true)]);
        let of: Vec<usize> = reads.reads.iter().map(|read| read.post).collect();
        assert_eq!(of, [0, 1, 0, 2]);
    }

    #[test]
    fn the_commonest_paths_are_kept_until_one_matches() {
        let line = |path: &str| format!("192.0.2.1 - - {AT} \"GET {path} HTTP/1.1\" 200 1\n");
        let mut reader = LogReader::new(vec!["/blog/{slug}".parse().unwrap()], [1; 16], false);
        let mut reads = Reads::default();
        let unmatched = [line("/a?b"), line("/c"), line("/a"), line("*")].concat();
        reader.read(unmatched.as_bytes(), &mut reads);
        let count = |path: &str, count| (path.to_owned(), count);
        assert_eq!(reader.unmatched(2), [count("/a", 2), count("", 1)]);
        reader.read(line("/blog/x").as_bytes(), &mut reads);
        reader.read(unmatched.as_bytes(), &mut reads);
        assert_eq!(reader.unmatched(2), []);
        reader.begin_log();
        reader.read(unmatched.as_bytes(), &mut reads);
        assert_eq!(reader.unmatched(1), [count("/a", 2)]);
    }
}
