//! Imports one log after another: reads lines, finds their posts, commits batches.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::failure::Failure;
use super::position::LogPosition;
use super::progress::Progress;
use super::report::Report;
use crate::clock;
use crate::command::output::print_error;
use crate::command::retry::retry_while_busy;
use crate::import::log::{Chunks, Fingerprint, ImportedPrefix, LogReader, Reads, Source};
use crate::model::{Batch, PostId, Reason, TimestampMs, Viewer, Visit};
use crate::store::{ImportedLog, KnownLog, LogProgress, Store};

/// Entries at which a batch is committed: a write of a fraction of a second, which delays a server on the same database.
const BATCH_ENTRIES: usize = 20_000;
/// Bytes of log after which a batch is committed: at most so many are read again after an interruption.
const BATCH_BYTES: u64 = 64 << 20;

/// Imports logs into a store.
pub(super) struct Importer {
    store: Arc<dyn Store>,
    reader: LogReader,
    create: bool,
    again: bool,
    /// The post of each slug of `reader`.
    posts: Vec<Option<PostId>>,
    pub(super) report: Report,
}

impl Importer {
    /// `create` makes missing posts; `again` counts logs that are imported already.
    pub(super) fn new(
        store: Arc<dyn Store>,
        reader: LogReader,
        create: bool,
        again: bool,
    ) -> Importer {
        Importer {
            store,
            reader,
            create,
            again,
            posts: Vec::new(),
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
        let reader = source.read(start, |raw| Box::new(bar.wrap_read(raw)))?;
        let mut chunks = Chunks::new(reader, inside_line);
        let mut batch = Batch::new(self.store.dedup_window());
        let read = self.read_all(&mut chunks, &mut position, &mut batch, &mut progress);
        progress.bar.finish_and_clear();
        // The readable part of a damaged log counts.
        self.commit(&mut batch, &mut position)?;
        read?;
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
        let head = source.head()?;
        let logs: Vec<ImportedLog> = match &head {
            Some(head) => retry_while_busy(|| self.store.imported_logs(head))?,
            None => Vec::new(),
        };
        let known: Vec<ImportedPrefix> = logs
            .iter()
            .map(|log| ImportedPrefix {
                bytes: log.bytes,
                hash: log.hash.clone(),
            })
            .collect();
        let prefix = source.prefix(&known)?;
        if prefix.too_short && !self.again {
            return Err(Failure::Log(
                "it is shorter than a log imported before that begins with the same line; --again counts it all the same"
                    .to_owned(),
            ));
        }
        let known = prefix.known.and_then(|at| logs.get(at));
        let mut position = LogPosition {
            head,
            known: known.map_or(KnownLog::Nothing { alike: logs.len() }, |log| {
                KnownLog::Part {
                    id: log.id,
                    bytes: log.bytes,
                }
            }),
            committed: known.map_or(0, |log| log.bytes),
            read: prefix.part,
            lines: prefix.lines,
        };
        if self.again {
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
    ) -> Result<(), Failure> {
        let mut reads = Reads::default();
        let mut last_commit = position.read.bytes();
        while let Some(chunk) = chunks.next_chunk()? {
            self.reader.read(chunk.lines, &mut reads);
            for &(line, error) in &reads.unparsable {
                progress.unparsable(position.lines + line + 1, error);
            }
            if chunk.too_long {
                progress.too_long(position.lines + 1);
            }
            self.report.unparsable += reads.unparsable.len() as u64 + u64::from(chunk.too_long);
            self.report.lines += reads.lines + u64::from(chunk.too_long);
            self.report.other_requests += reads.other_requests;
            self.report.other_paths += reads.other_paths;
            if chunk.unfinished && !reads.unparsable.is_empty() {
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

    /// Looks up the posts of new slugs.
    fn find_posts(&mut self) -> Result<(), Failure> {
        let new: Vec<(&str, TimestampMs)> = self.reader.slugs()[self.posts.len()..]
            .iter()
            .map(|(slug, time)| (slug.as_str(), *time))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let found = retry_while_busy(|| self.store.find_or_create(&new, self.create))?;
        self.posts.extend(found.ids);
        self.report.created += found.created;
        Ok(())
    }

    fn add(&mut self, reads: &Reads, batch: &mut Batch) {
        for read in &reads.reads {
            let Some(post) = self.posts[read.slug] else {
                self.report.no_post += 1;
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
                };
                let (applied, id) = retry_while_busy(|| self.store.import_batch(batch, &progress))?;
                position.known = KnownLog::Part { id, bytes };
                position.committed = bytes;
                applied
            }
            _ if batch.is_empty() => return Ok(()),
            _ => retry_while_busy(|| self.store.apply(batch))?,
        };
        self.report.applied(&applied);
        batch.clear();
        Ok(())
    }
}
