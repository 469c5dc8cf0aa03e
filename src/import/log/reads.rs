//! From lines to reads: which slug, when, and by whom or by a crawler.

use std::hash::Hasher;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use memchr::{memchr_iter, memchr2};
use siphasher::sip::SipHasher24;

use super::line::{self, Entry, Field, ParseError};
use super::path::PathPattern;
use crate::model::TimestampMs;
use crate::rules::bot::BotRule;

/// Targets and slugs kept at most; beyond, they are worked out anew. About 50 MB.
const TARGETS_MAX: usize = 200_000;
/// Agents kept at most.
const AGENTS_MAX: usize = 20_000;

/// One line that may be a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its slug's place in [`LogReader::slugs`].
    pub slug: usize,
    /// When.
    pub time: TimestampMs,
    /// The number of an anonymous viewer; `None` for a crawler.
    pub viewer: Option<i64>,
}

/// What some lines came to.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Lines that may be views.
    pub reads: Vec<Read>,
    /// How many lines there were.
    pub lines: u64,
    /// How many of them were other requests than a `GET` answered 200 or 304.
    pub other_requests: u64,
    /// How many were reads of paths that no pattern has.
    pub other_paths: u64,
    /// Lines in no known format: the line's place among these, from 0, and why.
    pub unparsable: Vec<(u64, ParseError)>,
}

/// Makes reads of lines. Remembers slugs and agents, for a log names few of them many times.
pub struct LogReader {
    patterns: Vec<PathPattern>,
    bots: BotRule,
    viewers: ViewerHash,
    agents: HashMap<Box<[u8]>, bool, RandomState>,
    /// Paths as logged, and the place of each one's slug; `None` where no pattern has it.
    targets: HashMap<Box<[u8]>, Option<usize>, RandomState>,
    places: HashMap<String, usize, RandomState>,
    slugs: Vec<(String, TimestampMs)>,
}

impl LogReader {
    /// A reader that asks these patterns in turn.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(patterns: Vec<PathPattern>) -> Result<LogReader, getrandom::Error> {
        Ok(LogReader {
            patterns,
            bots: BotRule::new(),
            viewers: ViewerHash::random()?,
            agents: HashMap::default(),
            targets: HashMap::default(),
            places: HashMap::default(),
            slugs: Vec::new(),
        })
    }

    /// The slugs met since [`LogReader::make_room`] last said so, each with the time of its first read.
    pub fn slugs(&self) -> &[(String, TimestampMs)] {
        &self.slugs
    }

    /// Forgets all slugs if they have become many, and says whether it did. Places of slugs are then given anew.
    pub fn make_room(&mut self) -> bool {
        if self.agents.len() > AGENTS_MAX {
            self.agents.clear();
        }
        if self.targets.len() <= TARGETS_MAX {
            return false;
        }
        self.targets.clear();
        self.places.clear();
        self.slugs.clear();
        true
    }

    /// Reads lines into `into`, which is emptied before.
    pub fn read(&mut self, lines: &[u8], into: &mut Reads) {
        into.reads.clear();
        into.unparsable.clear();
        (into.lines, into.other_requests, into.other_paths) = (0, 0, 0);
        let mut from = 0;
        let ends = memchr_iter(b'\n', lines).map(|at| at + 1);
        // A last line may lack its end.
        for end in ends.chain([lines.len()]) {
            if from == end {
                continue;
            }
            match line::parse(&lines[from..end]) {
                Ok(entry) => self.take(&entry, into),
                Err(error) => into.unparsable.push((into.lines, error)),
            }
            into.lines += 1;
            from = end;
        }
    }

    fn take(&mut self, entry: &Entry<'_>, into: &mut Reads) {
        if !entry.is_read() {
            into.other_requests += 1;
            return;
        }
        let Some(slug) = self.place_of(entry.target, TimestampMs(entry.time)) else {
            into.other_paths += 1;
            return;
        };
        let agent = entry.agent.map_or(&b""[..], Field::raw);
        let bot = entry.agent.is_some_and(|field| self.is_bot(field));
        let time = TimestampMs(entry.time);
        let viewer = (!bot).then(|| self.viewers.of(time, entry.host, agent));
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

    fn place_of(&mut self, target: Field<'_>, time: TimestampMs) -> Option<usize> {
        // What follows makes no difference to the slug, and no two are alike.
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
        let place = slug.map(|slug| match self.places.get(&slug) {
            Some(&place) => place,
            None => {
                self.places.insert(slug.clone(), self.slugs.len());
                self.slugs.push((slug, time));
                self.slugs.len() - 1
            }
        });
        self.targets.insert(path.into(), place);
        place
    }
}

/// Numbers for viewers without a name: a hash of day, address and agent under a key that nobody knows and that is gone
/// with this process. Addresses and agents are kept nowhere, and one viewer has another number every day.
struct ViewerHash {
    keyed: SipHasher24,
}

impl ViewerHash {
    fn random() -> Result<ViewerHash, getrandom::Error> {
        let mut key = [0; 16];
        getrandom::fill(&mut key)?;
        Ok(ViewerHash {
            keyed: SipHasher24::new_with_key(&key),
        })
    }

    /// Negative, as the numbers of anonymous viewers are.
    fn of(&self, time: TimestampMs, host: &str, agent: &[u8]) -> i64 {
        let mut hasher = self.keyed;
        hasher.write(&time.day().0.to_le_bytes());
        hasher.write(host.as_bytes());
        // No byte of UTF-8, so nothing can be moved from one field to the other.
        hasher.write(&[0xff]);
        hasher.write(agent);
        -1 - (hasher.finish() >> 1).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    fn read(patterns: &[&str], lines: &str) -> (Reads, Vec<String>) {
        let patterns = patterns.iter().map(|text| text.parse().unwrap()).collect();
        let mut reader = LogReader::new(patterns).unwrap();
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

    #[test]
    fn a_viewer_is_another_one_on_another_day_or_with_another_agent() {
        let hash = ViewerHash::random().unwrap();
        let numbers = [
            hash.of(TimestampMs(0), "h", b"a"),
            hash.of(TimestampMs(DAY), "h", b"a"),
            hash.of(TimestampMs(0), "ha", b""),
            hash.of(TimestampMs(0), "h", b""),
            ViewerHash::random().unwrap().of(TimestampMs(0), "h", b"a"),
        ];
        for (i, number) in numbers.iter().enumerate() {
            assert!(*number < 0);
            assert!(!numbers[..i].contains(number));
        }
        assert_eq!(hash.of(TimestampMs(5), "h", b"a"), numbers[0]);
    }
}
