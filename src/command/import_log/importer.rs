//! Imports one log after another: reads lines, finds their posts, commits batches.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::comparison::Comparison;
use super::failure::Failure;
use super::position::LogPosition;
use super::preview::Preview;
use super::progress::Progress;
use super::report::Report;
use super::verdict::{PATHS, Verdict, no_match};
use crate::clock;
use crate::command::output::print_error;
use crate::command::retry::retry_while_busy;
use crate::import::log::{Chunks, Fingerprint, LogReader, PostName, Reads, Source};
use crate::model::{Batch, PostId, Reason, Viewer, Visit};
use crate::store::{KnownLog, LogProgress, LoggedPost, STDIN_LOG, Store};

/// Entries at which a batch is committed: a write of a fraction of a second, which delays a server on the same database.
const BATCH_ENTRIES: usize = 20_000;
/// Bytes of log after which a batch is committed: at most so many are read again after an interruption.
const BATCH_BYTES: u64 = 64 << 20;

/// How logs are imported.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    /// Make missing posts.
    pub(super) create: bool,
    /// Make them of assets, too.
    pub(super) assets: bool,
    /// Count logs that are imported already.
    pub(super) again: bool,
}

/// Imports logs into a store.
pub(super) struct Importer {
    store: Arc<dyn Store>,
    reader: LogReader,
    options: Options,
    /// The hosts that the logs may be of.
    hosts: Vec<String>,
    /// The post of each of `reader`'s posts.
    posts: Vec<Option<PostId>>,
    /// Posts made since the last commit.
    created: Vec<PostId>,
    /// The posts' numbers before the import, for a dry run.
    pub(super) preview: Option<Preview>,
    pub(super) report: Report,
}

impl Importer {
    /// An importer that has imported nothing.
    pub(super) fn new(
        store: Arc<dyn Store>,
        reader: LogReader,
        hosts: Vec<String>,
        options: Options,
    ) -> Importer {
        Importer {
            hosts,
            store,
            reader,
            options,
            posts: Vec::new(),
            created: Vec::new(),
            preview: None,
            report: Report::default(),
        }
    }

    /// Imports one log.
    ///
    /// # Errors
    /// When the log cannot be read, or the store fails.
    pub(super) fn import(&mut self, file: &Path) -> Result<(), Failure> {
        let mut source = Source::open(file)?;
        let Some((mut position, inside_line)) = self.find_position(&mut source)? else {
            return Ok(());
        };
        let mut progress = Progress::new(file, source.size());
        let start = position.read.bytes();
        let first_line = position.lines;
        let bar = progress.bar.clone();
        let skipped = self.reader.begin_log();
        let reader = source.read(start, skipped, |raw| Box::new(bar.wrap_read(raw)))?;
        let mut chunks = Chunks::new(reader, inside_line);
        let mut batch = Batch::new(self.store.dedup_window());
        let mut verdict = Verdict::default();
        let other_paths = self.report.other_paths;
        let read = self.read_all(
            &mut chunks,
            &mut position,
            &mut batch,
            &mut progress,
            &mut verdict,
        );
        progress.bar.finish_and_clear();
        // The readable part of a damaged log counts.
        self.commit(&mut batch, &mut position)?;
        read?;
        verdict.check_all()?;
        let unmatched = self.reader.unmatched(PATHS);
        // Of a log that goes on, the part before may have matched.
        if start == 0 && !unmatched.is_empty() {
            return Err(no_match(self.report.other_paths - other_paths, unmatched));
        }
        if position.read.bytes() == start && start > 0 && position.lines == first_line {
            self.report.known += 1;
            print_error(format_args!(
                "{}: imported before; --again counts it again",
                file.display()
            ));
        } else {
            self.report.logs += 1;
        }
        Ok(())
    }

    /// The position to start at, and whether that is inside a line.
    fn find_position(&self, source: &mut Source) -> Result<Option<(LogPosition, bool)>, Failure> {
        let compared = Comparison::of(&*self.store, source)?;
        let known = compared.known().map_or(
            KnownLog::Nothing {
                alike: compared.logs.len(),
            },
            |log| KnownLog::Part {
                id: log.id,
                bytes: log.bytes,
            },
        );
        let committed = compared.known().map_or(0, |log| log.bytes);
        let Comparison { head, prefix, .. } = compared;
        if prefix.too_short && !self.options.again {
            return Err(Failure::Log(
                "it is shorter than a log imported before that begins with the same line; --again counts it all the same"
                    .to_owned(),
            ));
        }
        let mut position = LogPosition {
            head,
            known,
            committed,
            read: prefix.part,
            lines: prefix.lines,
        };
        if self.options.again {
            (position.read, position.lines) = (Fingerprint::default(), 0);
            return Ok(Some((position, false)));
        }
        Ok(Some((position, prefix.inside_line)))
    }

    fn read_all(
        &mut self,
        chunks: &mut Chunks<impl io::Read>,
        position: &mut LogPosition,
        batch: &mut Batch,
        progress: &mut Progress<'_>,
        verdict: &mut Verdict,
    ) -> Result<(), Failure> {
        let mut reads = Reads::default();
        let mut last_commit = position.read.bytes();
        while let Some(chunk) = chunks.next_chunk()? {
            self.reader.read(chunk.lines, &mut reads);
            let is_first = position.read.bytes() == 0;
            let may_go_on = chunk.unfinished && !reads.unparsable.is_empty();
            if is_first || !may_go_on {
                verdict.add(&reads, position.lines);
                if chunk.too_long {
                    verdict.add_too_long();
                }
            }
            if is_first {
                verdict.check_start()?;
            }
            for &(line, error) in &reads.unparsable {
                progress.unparsable(position.lines + line + 1, error);
            }
            if chunk.too_long {
                progress.too_long(position.lines + 1);
            }
            self.report.unparsable += reads.unparsable.len() as u64 + u64::from(chunk.too_long);
            self.report.lines += reads.lines - reads.no_requests + u64::from(chunk.too_long);
            self.report.other_requests += reads.other_requests;
            self.report.other_paths += reads.other_paths;
            if may_go_on {
                // The server may still be writing this line; the next import counts it.
                break;
            }
            position.lines += reads.lines + u64::from(chunk.too_long);
            position.read.add(chunk.bytes);
            self.find_posts()?;
            self.add(&reads, batch);
            if self.reader.evict() {
                self.posts.clear();
            }
            if batch.entries() >= BATCH_ENTRIES
                || position.read.bytes() - last_commit >= BATCH_BYTES
            {
                self.commit(batch, position)?;
                last_commit = position.read.bytes();
            }
            progress.update(position.lines);
        }
        Ok(())
    }

    /// Looks up the posts that are new to this import.
    fn find_posts(&mut self) -> Result<(), Failure> {
        let new = &self.reader.posts()[self.posts.len()..];
        if new.is_empty() {
            return Ok(());
        }
        let mut ids = vec![None; new.len()];
        for asset in [false, true] {
            let (places, names): (Vec<usize>, Vec<LoggedPost<'_>>) = new
                .iter()
                .enumerate()
                .filter(|(_, name)| name.asset == asset)
                .map(|(place, name)| (place, self.logged(name)))
                .unzip();
            if names.is_empty() {
                continue;
            }
            let create = self.options.create && (self.options.assets || !asset);
            let found = retry_while_busy(|| self.store.find_or_create(&names, create))?;
            for (place, id) in places.into_iter().zip(found.ids) {
                ids[place] = id;
            }
            self.report.created += found.created.len() as u64;
            self.created.extend(found.created);
        }
        if let Some(preview) = &mut self.preview {
            for (name, id) in new.iter().zip(&ids) {
                if let Some(id) = id {
                    preview.note(&*self.store, *id, &name.slug)?;
                }
            }
        }
        self.posts.extend(ids);
        Ok(())
    }

    fn logged<'n>(&self, name: &'n PostName) -> LoggedPost<'n> {
        let pages = name.page.iter().flat_map(|page| {
            let hosts = self.hosts.iter();
            hosts.map(|host| page.on(host))
        });
        LoggedPost {
            slug: &name.slug,
            title: &name.slug,
            pages: pages.collect(),
            at: name.first,
        }
    }

    fn add(&mut self, reads: &Reads, batch: &mut Batch) {
        for read in &reads.reads {
            let Some(post) = self.posts[read.post] else {
                if self.reader.posts()[read.post].asset {
                    self.report.assets += 1;
                } else {
                    self.report.no_post += 1;
                }
                continue;
            };
            match read.viewer {
                None => batch.add_uncounted(post, read.time, Reason::Bot, 1),
                Some(viewer) => {
                    let visit = Visit {
                        first: read.time.0,
                        last: read.time.0,
                        count: 1,
                    };
                    batch.add_visit(post, &Viewer::Anonymous(viewer), visit);
                }
            }
        }
    }

    /// Commits the batch together with the log's position. The position of a log of which nothing was counted is not stored:
    /// its posts may be created later.
    fn commit(&mut self, batch: &mut Batch, position: &mut LogPosition) -> Result<(), Failure> {
        let bytes = position.read.bytes();
        let remembered = position.committed > 0 || !batch.is_empty();
        let applied = match &position.head {
            // With `again`, the position is stored only beyond the earlier one.
            Some(head) if bytes > position.committed && remembered => {
                let progress = LogProgress {
                    known: position.known,
                    head: head.clone(),
                    bytes,
                    hash: position.read.hash(),
                    at: clock::now(),
                    created: self.created.clone(),
                };
                let (applied, id) = retry_while_busy(|| self.store.import_batch(batch, &progress))?;
                position.known = KnownLog::Part { id, bytes };
                position.committed = bytes;
                applied
            }
            _ if batch.is_empty() => return Ok(()),
            _ => {
                let log = match position.known {
                    KnownLog::Part { id, .. } => id,
                    KnownLog::Nothing { .. } => STDIN_LOG,
                };
                retry_while_busy(|| self.store.apply_of_log(batch, log, &self.created))?
            }
        };
        self.created.clear();
        self.report.applied(&applied);
        batch.clear();
        Ok(())
    }
}
