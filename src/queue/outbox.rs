//! What counters have put down for the queue and the queue has not accepted yet: bounded, in order, and on disk where there
//! is one.
//!
//! A counter waits for the disk and never for the queue. Its batch is cut into messages with ids that they keep, so whatever
//! becomes of a sending, the same messages are sent again; who applies them knows by the ids.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::backlog::{Backlog, Content, Entry};
use super::engine::Outgoing;
use super::message::{self, MAX_MESSAGE};
use super::outbox_file::{BatchContent, OutboxFolder, TakenOver, remove};
use super::taken::Taken;
use crate::clock;
use crate::metrics::Metrics;
use crate::model::{Batch, Overlap, Reason, RunId, SITE, TimestampMs};
use crate::sink::SinkError;

/// What waits, and who waits for it.
pub(super) struct Outbox {
    /// `None` for a store in memory, which is gone with its process.
    folder: Option<OutboxFolder>,
    database: i64,
    /// Bytes that may wait.
    max_bytes: u64,
    /// Whether more is refused: see [`Outbox::bound`].
    is_bounded: AtomicBool,
    /// The longest message that the engine takes.
    message_limit: AtomicUsize,
    backlog: Backlog,
    taken: Mutex<Taken>,
}

impl Outbox {
    /// An outbox in a folder, with what an earlier run has left there; or one in memory.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn open(
        folder: Option<OutboxFolder>,
        database: i64,
        max_bytes: u64,
        metrics: Arc<Metrics>,
    ) -> io::Result<Outbox> {
        let outbox = Outbox {
            folder,
            database,
            max_bytes,
            is_bounded: AtomicBool::new(false),
            message_limit: AtomicUsize::new(MAX_MESSAGE),
            backlog: Backlog::new(metrics),
            taken: Mutex::default(),
        };
        outbox.find_left()?;
        Ok(outbox)
    }

    /// Takes in what processes that have ended have left, and what those that live have taken over.
    fn find_left(&self) -> io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        folder.remove_unfinished()?;
        let living = folder.take_over()?;
        let mut parts = Vec::new();
        for path in folder.batches()? {
            let is_owned =
                OutboxFolder::owner_of(&path).is_some_and(|owner| living.contains(&owner));
            let content = match OutboxFolder::read::<BatchContent>(&path) {
                Ok(Some(content)) => content,
                // Its owner has sent it.
                Ok(None) => continue,
                Err(error) if error.kind() == io::ErrorKind::InvalidData && !is_owned => {
                    keep_damaged(&path)?;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidData => continue,
                Err(error) => return Err(error),
            };
            if content.database != self.database {
                tracing::warn!(
                    "{} is of another database, and not sent; start on that one, or delete the file",
                    path.display()
                );
                continue;
            }
            parts.extend(content.journaled.parts().iter().cloned());
            if !is_owned {
                let bytes = bytes_of(&content.messages);
                self.backlog
                    .push(Content::File(path), bytes, content.events);
            }
        }
        // After the batches: of one that is gone by now the places have been noted before.
        for part in parts {
            self.taken_over(part.run)?;
            self.lock().add(&part);
        }
        folder.remove_owners(&living)
    }

    /// Puts a batch down. Returns its number.
    ///
    /// # Errors
    /// [`SinkError::Unavailable`] when it cannot be written, or so much waits that there is no room; then nothing of it
    /// will be sent.
    pub(super) fn put(&self, batch: &Batch) -> Result<u64, SinkError> {
        let unavailable = |error: io::Error| {
            SinkError::Unavailable(format!("cannot put a batch down for the queue: {error}"))
        };
        let mut taken = Vec::new();
        for part in batch.journaled.parts() {
            taken.push(self.taken_over(part.run).map_err(unavailable)?);
        }
        match batch
            .journaled
            .overlap(taken.iter().map(|taken| &taken.positions))
        {
            Overlap::Nothing => {}
            Overlap::All => return Ok(self.backlog.last()),
            Overlap::Some => {
                return Err(SinkError::Unavailable(
                    "a part of a batch was put down for the queue already, and a part was not"
                        .to_owned(),
                ));
            }
        }
        let waiting = self.backlog.bytes();
        if self.is_bounded.load(Ordering::Relaxed) && waiting >= self.max_bytes {
            return Err(SinkError::Unavailable(format!(
                "the queue takes nothing, and {waiting} bytes wait for it already"
            )));
        }
        let dropped = self.lock().reserve_dropped(batch);
        let put = self.put_whole(batch, &dropped);
        if put.is_err() {
            self.lock().give_back_dropped(&dropped);
        }
        put.map_err(unavailable)
    }

    fn put_whole(&self, batch: &Batch, dropped: &[(RunId, u64, i64)]) -> io::Result<u64> {
        let mut with_dropped = None;
        for &(_, count, day) in dropped {
            with_dropped
                .get_or_insert_with(|| batch.clone())
                .add_uncounted(SITE, TimestampMs(day), Reason::Dropped, count);
        }
        let sent = with_dropped.as_ref().unwrap_or(batch);
        let limit = self.message_limit.load(Ordering::Relaxed);
        let messages = match sent.entries() {
            0 => Vec::new(),
            _ => message::encode(sent, self.database, limit, clock::now())?,
        };
        let bytes = bytes_of(&messages);
        let content = self.keep(batch, messages)?;
        // From here on it will be sent, whatever happens.
        let mut taken = self.lock();
        batch
            .journaled
            .parts()
            .iter()
            .for_each(|part| taken.add(part));
        drop(taken);
        Ok(self.backlog.push(content, bytes, batch.events()))
    }

    fn keep(&self, batch: &Batch, messages: Vec<Outgoing>) -> io::Result<Content> {
        let Some(folder) = &self.folder else {
            return Ok(Content::Memory(messages.into()));
        };
        let content = BatchContent {
            database: self.database,
            events: batch.events(),
            journaled: batch.journaled.clone(),
            messages,
        };
        // Of a batch that only says what was finished there is no message to be named after.
        let name = content.messages.first().map_or_else(
            || u128::from(fastrand::u64(..)) << 64 | u128::from(fastrand::u64(..)),
            |message| message.id,
        );
        let path = folder.batch(name);
        folder.write(&path, &content)?;
        Ok(Content::File(path))
    }

    /// What was taken over of a run's journal.
    ///
    /// # Errors
    /// Those of the file system. A file that is damaged is one: nobody knows then what of the run was taken over.
    pub(super) fn taken_over(&self, run: RunId) -> io::Result<TakenOver> {
        if let Some(taken) = self.lock().runs.get(&run) {
            return Ok(taken.clone());
        }
        let taken = match &self.folder {
            Some(folder) => folder.taken_over(run)?,
            None => TakenOver::default(),
        };
        Ok(self.lock().runs.entry(run).or_insert(taken).clone())
    }

    /// The runs of which something was taken over.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn runs(&self) -> io::Result<Vec<RunId>> {
        self.folder
            .as_ref()
            .map_or(Ok(Vec::new()), OutboxFolder::runs)
    }

    /// Forgets a run: its journal is gone.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn forget(&self, run: RunId) -> io::Result<()> {
        let mut taken = self.lock();
        taken.runs.remove(&run);
        taken.unwritten.remove(&run);
        drop(taken);
        self.folder
            .as_ref()
            .map_or(Ok(()), |folder| folder.forget(run))
    }

    /// From here on no more is put down than may wait. What earlier runs have left is put down whatever it is: the journal
    /// that it comes from was bounded.
    pub(super) fn bound(&self) {
        self.is_bounded.store(true, Ordering::Relaxed);
    }

    /// Notes the longest message that the engine takes, for batches that are put down from now on.
    pub(super) fn limit_messages(&self, bytes: usize) {
        self.message_limit.store(bytes, Ordering::Relaxed);
    }

    /// The messages of an entry.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn messages(&self, entry: &Entry) -> io::Result<Vec<Outgoing>> {
        match &entry.content {
            Content::Memory(messages) => Ok(messages.to_vec()),
            Content::File(path) => match OutboxFolder::read::<BatchContent>(path) {
                // Another process that started on the same files has sent it.
                Ok(None) => Ok(Vec::new()),
                Ok(Some(content)) => Ok(content.messages),
                // It would keep all that follows from being sent.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    keep_damaged(path)?;
                    Ok(Vec::new())
                }
                Err(error) => Err(error),
            },
        }
    }

    /// Removes entries from the front: their messages are accepted.
    pub(super) fn accepted(&self, entries: &[Entry]) {
        let files = entries.iter().filter_map(|entry| match &entry.content {
            Content::File(path) => Some(path.clone()),
            Content::Memory(_) => None,
        });
        self.lock().accepted.extend(files);
        self.backlog.remove(entries);
        if let Err(error) = self.remove_accepted() {
            // The next time, or the next start, which sends them once more; who applies them knows them.
            tracing::warn!(%error, "cannot remove what the queue has accepted");
        }
    }

    /// Notes what was taken over, and removes the files of what is accepted.
    fn remove_accepted(&self) -> io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let taken = self.lock();
        let unwritten: Vec<(RunId, TakenOver)> = taken
            .unwritten
            .iter()
            .map(|run| (*run, taken.runs.get(run).cloned().unwrap_or_default()))
            .collect();
        let accepted = taken.accepted.clone();
        drop(taken);
        for (run, taken) in &unwritten {
            folder.write_synced(&folder.run(*run), taken)?;
            let mut now = self.lock();
            if now.runs.get(run) == Some(taken) {
                now.unwritten.remove(run);
            }
        }
        for path in &accepted {
            remove(path)?;
        }
        self.lock().accepted.drain(..accepted.len());
        Ok(())
    }

    /// Cuts one message of an entry, which is longer than the engine takes and so was surely not accepted. The ids of its parts
    /// follow from its own: cut again, they are the same.
    ///
    /// # Errors
    /// Those of the file system; where the message cannot be cut any more.
    pub(super) fn cut(&self, entry: &Entry, id: u128, limit: usize) -> io::Result<()> {
        let cut = |whole: &[Outgoing]| -> io::Result<Vec<Outgoing>> {
            let mut messages = Vec::new();
            for message in whole {
                match message.id == id {
                    true => messages.extend(message::cut(message, self.database, limit)?),
                    false => messages.push(message.clone()),
                }
            }
            Ok(messages)
        };
        match (&entry.content, &self.folder) {
            (Content::Memory(messages), _) => {
                let content = Content::Memory(cut(messages)?.into());
                self.backlog.replace(entry, content);
            }
            (Content::File(path), Some(folder)) => {
                if let Some(mut content) = OutboxFolder::read::<BatchContent>(path)? {
                    content.messages = cut(&content.messages)?;
                    folder.write(path, &content)?;
                }
            }
            // Without a folder there are no files.
            (Content::File(_), None) => {}
        }
        Ok(())
    }

    /// The batches that wait.
    pub(super) fn backlog(&self) -> &Backlog {
        &self.backlog
    }

    /// Where what waits is, if it survives the process.
    pub(super) fn folder(&self) -> Option<&OutboxFolder> {
        self.folder.as_ref()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a damaged file out of the way, for somebody to look at.
fn keep_damaged(path: &Path) -> io::Result<()> {
    let aside = path.with_extension("damaged");
    tracing::error!(
        "{} is damaged: its events cannot be sent; it is kept as {}",
        path.display(),
        aside.display()
    );
    std::fs::rename(path, aside)
}

fn bytes_of(messages: &[Outgoing]) -> u64 {
    messages
        .iter()
        .map(|message| message.bytes.len() as u64)
        .sum()
}
