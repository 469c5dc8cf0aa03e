//! Reads one stream.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Cmd, Value, cmd};

use super::entry::parse_entries;
use super::failure::Failure;
use super::location::RedisLocation;
use super::position::{Position, StreamId};
use super::servers::{Answer, Servers};
use crate::queue::engine::{Reader, Received};
use crate::queue::error::QueueError;

/// How long an answer may take, beyond what the server was asked to wait for.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// The longest that the server is asked to wait.
const MAX_BLOCK: Duration = Duration::from_secs(20);

/// How long telling the lag may take, which nothing waits for.
const LAG_LIMIT: Duration = Duration::from_secs(2);

/// How often it is asked whether the stream still has what was read.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// How many entries are asked for at most. The server takes no limit in bytes.
const MAX_ENTRIES: usize = 128;

/// How long an entry is taken to be at first, so that few are asked for.
const LONG_ENTRY: usize = 4 << 20;

/// Reads one stream, over a connection of its own.
pub(super) struct RedisReader {
    location: Arc<RedisLocation>,
    servers: Servers,
    partition: u32,
    key: String,
    /// The last entry that was read, 0-0 before the first.
    after: StreamId,
    /// The run of the server that it was read from.
    run: String,
    checked: Option<Instant>,
    /// What the store had when reading began is applied, and not trimmed by this reader yet.
    is_new: bool,
    /// Read and not handed out yet.
    unreceived: VecDeque<Received>,
    /// Read, and in the stream still.
    untrimmed: VecDeque<StreamId>,
    /// About the longest of the last entries, in bytes.
    long_entry: usize,
}

impl RedisReader {
    pub(super) fn new(
        location: Arc<RedisLocation>,
        partition: u32,
        position: Option<Position>,
    ) -> RedisReader {
        let (after, run) = position.map_or_else(Default::default, |it| (it.id, it.run));
        RedisReader {
            servers: Servers::new(Arc::clone(&location)),
            key: location.key(partition),
            location,
            partition,
            after,
            run,
            checked: None,
            is_new: true,
            unreceived: VecDeque::new(),
            untrimmed: VecDeque::new(),
            long_entry: LONG_ENTRY,
        }
    }

    /// Starts again with the oldest entry there is.
    fn rewind(&mut self) {
        self.after = StreamId::default();
        self.unreceived.clear();
        self.untrimmed.clear();
    }

    /// Asks the server that the last entry was read from. Where another run of it, or another server, is in its place,
    /// that one is read from its oldest entry on: it may have lost entries and given their numbers to others since.
    /// What was applied is trimmed, so there is little of it, and what comes again is known by its id.
    fn ask(&mut self, command: &Cmd, deadline: Instant) -> Result<Option<Value>, Failure> {
        match self
            .servers
            .ask_run(&self.key, &self.run, command, deadline)?
        {
            Answer::Value(value) => Ok(Some(value)),
            Answer::OtherRun(run) => {
                if self.after != StreamId::default() {
                    tracing::info!(
                        partition = self.partition,
                        "{} was started again or another has taken over: reading what it has from the beginning",
                        self.location
                    );
                }
                self.run = run;
                self.checked = None;
                self.is_new = false;
                self.rewind();
                Ok(None)
            }
        }
    }

    /// Looks whether the stream still has the entry that was read last, or ends before it.
    fn check(&mut self, deadline: Instant) -> Result<(), Failure> {
        if self.checked.is_some_and(|at| at.elapsed() < CHECK_EVERY) {
            return Ok(());
        }
        // Once, and not by the reader of every partition.
        if self.is_new && self.partition == 0 {
            let (doubts, server) = self.servers.doubts(&self.key, deadline)?;
            for doubt in doubts {
                tracing::warn!("messages are not safe at {server}: {doubt}");
            }
        }
        let mut last_of_stream = cmd("XINFO");
        last_of_stream.arg("STREAM").arg(&self.key);
        let last = match self.ask(&last_of_stream, deadline) {
            // It was rewound: whatever there is comes after.
            Ok(None) => return self.check_done(),
            Ok(Some(info)) => last_generated(info).ok_or_else(|| self.no_answer("XINFO STREAM"))?,
            // There is no such key.
            Err(failure) if failure.code() == "ERR" => StreamId::default(),
            Err(failure) => return Err(failure),
        };
        if last < self.after {
            tracing::warn!(
                partition = self.partition,
                "{} has lost messages that it had accepted, or they were deleted: the stream ends with {last} and was \
                 read until {}; reading it from the beginning",
                self.location,
                self.after
            );
            self.rewind();
        } else if self.is_new && self.after != StreamId::default() {
            self.trim(self.after, deadline)?;
        }
        self.check_done()
    }

    fn check_done(&mut self) -> Result<(), Failure> {
        self.checked = Some(Instant::now());
        self.is_new = false;
        Ok(())
    }

    fn no_answer(&self, command: &str) -> Failure {
        Failure::Other(format!(
            "{} gives no answer to {command} that is understood; it must be Redis 6.2 or later",
            self.location
        ))
    }

    /// Reads what there is, once there is something or the time is over.
    fn read(&mut self, max_bytes: usize, wait: Duration) -> Result<(), Failure> {
        let wait_until = Instant::now() + wait.min(MAX_BLOCK);
        let deadline = wait_until + ANSWER_LIMIT;
        self.check(deadline)?;
        let count = (max_bytes / self.long_entry).clamp(1, MAX_ENTRIES);
        loop {
            let mut read = cmd("XREAD");
            read.arg("COUNT").arg(count);
            let block = wait_until.saturating_duration_since(Instant::now());
            // To Redis none would mean for ever.
            if block.as_millis() > 0 {
                read.arg("BLOCK").arg(block.as_millis() as u64);
            }
            let after = self.after.to_string();
            read.arg("STREAMS").arg(&self.key).arg(after);
            if let Some(answer) = self.ask(&read, deadline)? {
                let entries = parse_entries(answer, &self.run);
                return self.note(entries.ok_or_else(|| self.no_answer("XREAD"))?);
            }
        }
    }

    fn note(&mut self, entries: Vec<(StreamId, Received)>) -> Result<(), Failure> {
        let longest = entries.iter().map(|(_, received)| received.bytes.len());
        if let Some(longest) = longest.max() {
            self.long_entry = longest.max(self.long_entry / 2).max(1);
        }
        for (id, received) in entries {
            self.after = id;
            self.untrimmed.push_back(id);
            self.unreceived.push_back(received);
        }
        Ok(())
    }

    /// Deletes this entry and all before it.
    fn trim(&mut self, applied: StreamId, deadline: Instant) -> Result<(), Failure> {
        let mut trim = cmd("XTRIM");
        let keep_from = applied.next().to_string();
        trim.arg(&self.key).arg("MINID").arg(keep_from);
        if self.ask(&trim, deadline)?.is_some() {
            self.untrimmed.retain(|id| *id > applied);
        }
        Ok(())
    }
}

impl Reader for RedisReader {
    fn receive(&mut self, max_bytes: usize, wait: Duration) -> Result<Vec<Received>, QueueError> {
        if self.unreceived.is_empty() {
            self.read(max_bytes, wait)?;
        }
        let (mut received, mut bytes) = (Vec::new(), 0);
        while received.is_empty() || bytes < max_bytes {
            let Some(next) = self.unreceived.pop_front() else {
                break;
            };
            bytes += next.bytes.len();
            received.push(next);
        }
        Ok(received)
    }

    fn applied(&mut self, messages: &[Received]) -> Result<(), QueueError> {
        // What was read from another run says nothing about what is in this stream now.
        let in_run = |received: &Received| {
            let position: Position = received.position.parse().ok()?;
            (position.run == self.run).then_some(position.id)
        };
        match messages.iter().filter_map(in_run).max() {
            Some(last) => Ok(self.trim(last, Instant::now() + ANSWER_LIMIT)?),
            None => Ok(()),
        }
    }

    fn lag(&mut self) -> Option<u64> {
        let mut length = cmd("XLEN");
        length.arg(&self.key);
        let deadline = Instant::now() + LAG_LIMIT;
        match self.servers.ask(&self.key, &length, deadline) {
            Ok(Value::Int(length)) => {
                let received = self.untrimmed.len().saturating_sub(self.unreceived.len());
                Some((length as u64).saturating_sub(received as u64))
            }
            _ => None,
        }
    }
}

/// The greatest number that the stream has ever given.
fn last_generated(info: Value) -> Option<StreamId> {
    let Value::Array(info) = info else {
        return None;
    };
    let last = info
        .chunks_exact(2)
        .find(|pair| pair[0] == Value::BulkString(b"last-generated-id".to_vec()))?;
    match &last[1] {
        Value::BulkString(id) => std::str::from_utf8(id).ok()?.parse().ok(),
        _ => None,
    }
}
