//! `viewtally import log`: web servers' access logs into the store, each line at its own time.
//!
//! A log is known by its content. How far it is imported is committed with each batch, so that the next import goes on
//! where the last one was stopped, or where the log then ended.

mod report;

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::Done;
use super::patience::retry_while_busy;
use crate::cli::LogFlags;
use crate::import::log::{Chunks, Fingerprint, Known, LogReader, Reads, Source};
use crate::model::{Batch, PostId, Reason, TimestampMs, Viewer, Visit};
use crate::store::{ImportedLog, KnownLog, LogProgress, Store, StoreError, StoreOptions, StoreUrl};
use crate::{app, clock};
use report::{Progress, Report};

/// A batch is committed at so many entries: a fraction of a second's writing, for which a server on the same database
/// waits.
const BATCH_ENTRIES: usize = 20_000;
/// … or after so many bytes of log, which is what a stop has to read again at most.
const BATCH_BYTES: u64 = 64 << 20;

/// Why a log was given up.
enum Failure {
    /// The log's own fault: the next one may do.
    Log(String),
    /// The store's.
    Store(StoreError),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Log(match error.kind() {
            io::ErrorKind::NotFound => "no such file; check the path".to_owned(),
            _ => format!("cannot be read: {error}"),
        })
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        match error {
            StoreError::Changed => Failure::Log(
                "another process imports this log; what this one had not yet counted is left to it"
                    .to_owned(),
            ),
            error => Failure::Store(error),
        }
    }
}

pub(super) fn run(url: &StoreUrl, flags: LogFlags) -> anyhow::Result<Done> {
    let rules = StoreOptions {
        dedup_window: flags.dedup_window,
    };
    let mut import = Import {
        store: app::open_store(url, rules)?,
        reader: LogReader::new(flags.paths)?,
        create: flags.create,
        again: flags.again,
        posts: Vec::new(),
        report: Report::default(),
    };
    for file in &flags.files {
        match import.log(file) {
            Ok(()) => {}
            Err(Failure::Log(why)) => {
                import.report.failed += 1;
                eprintln!("{}: {why}", file.display());
            }
            Err(Failure::Store(error)) => {
                return Err(anyhow::Error::new(error).context(format!(
                    "cannot import {}; import it again to go on where this stopped",
                    file.display()
                )));
            }
        }
    }
    let report = import.report;
    println!("{report}");
    if report.no_post > 0 && !flags.create {
        eprintln!("{}", hint(&report));
    }
    Ok(if report.failed == 0 {
        Done::Well
    } else {
        Done::Partly
    })
}

/// What to try for reads of posts that are missing.
fn hint(report: &Report) -> &'static str {
    if report.views == 0 && report.uncounted.total() == 0 {
        "--create makes the posts that are missing"
    } else {
        "--create makes the posts that are missing; what was counted now, --again would count once more"
    }
}

struct Import {
    store: Arc<dyn Store>,
    reader: LogReader,
    create: bool,
    again: bool,
    /// The post of each slug of `reader`.
    posts: Vec<Option<PostId>>,
    report: Report,
}

/// How far one log is.
struct Place {
    /// The hash of its first line; `None` for what is not remembered.
    head: Option<String>,
    known: KnownLog,
    /// What was read of it.
    read: Fingerprint,
    /// What of that is in the store.
    committed: u64,
    lines: u64,
}

impl Import {
    fn log(&mut self, file: &Path) -> Result<(), Failure> {
        let mut source = Source::open(file)?;
        let Some((mut place, inside_line)) = self.find_place(&mut source)? else {
            return Ok(());
        };
        let mut progress = Progress::new(file, source.size());
        let start = place.read.bytes();
        let first_line = place.lines;
        let bar = progress.bar.clone();
        let reader = source.read(start, |raw| Box::new(bar.wrap_read(raw)))?;
        let mut chunks = Chunks::new(reader, inside_line);
        let mut batch = Batch::default();
        let read = self.all(&mut chunks, &mut place, &mut batch, &mut progress);
        progress.bar.finish_and_clear();
        // What could be read of a damaged log counts.
        self.commit(&mut batch, &mut place)?;
        read?;
        if place.read.bytes() == start && start > 0 && place.lines == first_line {
            self.report.known += 1;
            eprintln!(
                "{}: imported before; --again counts it again",
                file.display()
            );
        } else {
            self.report.logs += 1;
        }
        Ok(())
    }

    /// Where to begin, and whether that is inside a line.
    fn find_place(&self, source: &mut Source) -> Result<Option<(Place, bool)>, Failure> {
        let head = source.head()?;
        let logs: Vec<ImportedLog> = match &head {
            Some(head) => retry_while_busy(|| self.store.imported_logs(head))?,
            None => Vec::new(),
        };
        let known: Vec<Known> = logs
            .iter()
            .map(|log| Known {
                bytes: log.bytes,
                hash: log.hash.clone(),
            })
            .collect();
        let beginning = source.beginning(&known)?;
        if beginning.too_short && !self.again {
            return Err(Failure::Log(
                "it is shorter than a log imported before that begins with the same line; --again counts it all the same"
                    .to_owned(),
            ));
        }
        let known = beginning.known.and_then(|at| logs.get(at));
        let mut place = Place {
            head,
            known: known.map_or(KnownLog::Nothing { alike: logs.len() }, |log| {
                KnownLog::Part {
                    id: log.id,
                    bytes: log.bytes,
                }
            }),
            committed: known.map_or(0, |log| log.bytes),
            read: beginning.part,
            lines: beginning.lines,
        };
        if self.again {
            (place.read, place.lines) = (Fingerprint::default(), 0);
            return Ok(Some((place, false)));
        }
        Ok(Some((place, beginning.inside_line)))
    }

    fn all(
        &mut self,
        chunks: &mut Chunks<impl io::Read>,
        place: &mut Place,
        batch: &mut Batch,
        progress: &mut Progress<'_>,
    ) -> Result<(), Failure> {
        let mut reads = Reads::default();
        let mut last_commit = place.read.bytes();
        while let Some(chunk) = chunks.next_chunk()? {
            self.reader.read(chunk.lines, &mut reads);
            for &(line, error) in &reads.unparsable {
                progress.unparsable(place.lines + line + 1, error);
            }
            if chunk.too_long {
                progress.too_long(place.lines + 1);
            }
            self.report.unparsable += reads.unparsable.len() as u64 + u64::from(chunk.too_long);
            self.report.lines += reads.lines + u64::from(chunk.too_long);
            self.report.other_requests += reads.other_requests;
            self.report.other_paths += reads.other_paths;
            if chunk.unfinished && !reads.unparsable.is_empty() {
                // It may be still being written: whole, it counts next time.
                break;
            }
            place.lines += reads.lines + u64::from(chunk.too_long);
            place.read.add(chunk.bytes);
            self.find_posts()?;
            self.add(&reads, batch);
            if self.reader.make_room() {
                self.posts.clear();
            }
            if batch.entries() >= BATCH_ENTRIES || place.read.bytes() - last_commit >= BATCH_BYTES {
                self.commit(batch, place)?;
                last_commit = place.read.bytes();
            }
            progress.tell(place.lines);
        }
        Ok(())
    }

    /// Asks the store for the posts of slugs it was not yet asked for.
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
                    batch.add_visit(post, Viewer::Anonymous(viewer), visit);
                }
            }
        }
    }

    /// Commits the batch and how far the log is with it. A log of which nothing was counted is not remembered: its
    /// posts may come later.
    fn commit(&mut self, batch: &mut Batch, place: &mut Place) -> Result<(), Failure> {
        let bytes = place.read.bytes();
        let remembered = place.committed > 0 || !batch.is_empty();
        let applied = match &place.head {
            // Counted again, it is only remembered as far as it goes beyond what it was.
            Some(head) if bytes > place.committed && remembered => {
                let progress = LogProgress {
                    known: place.known,
                    head: head.clone(),
                    bytes,
                    hash: place.read.hash(),
                    at: clock::now(),
                };
                let (applied, id) = retry_while_busy(|| self.store.import_batch(batch, &progress))?;
                place.known = KnownLog::Part { id, bytes };
                place.committed = bytes;
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
