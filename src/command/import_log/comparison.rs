//! Compares a log with those that were imported before.

use super::failure::Failure;
use crate::command::retry::retry_while_busy;
use crate::import::log::{ImportedPrefix, LogPrefix, Source};
use crate::store::{ImportedLog, Store};

/// What comparing found out.
pub(super) struct Comparison {
    /// What its first line is hashed to; `None` if it has no whole line yet.
    pub(super) head: Option<String>,
    /// The imported logs with the same first line.
    pub(super) logs: Vec<ImportedLog>,
    /// The part of it that was imported; its `known` is a place in `logs`.
    pub(super) prefix: LogPrefix,
}

impl Comparison {
    /// Compares a log by its first line, and then by its content.
    pub(super) fn of(store: &dyn Store, source: &mut Source) -> Result<Comparison, Failure> {
        let head = source.head()?;
        let logs = match &head {
            Some(head) => retry_while_busy(|| store.imported_logs(head))?,
            None => Vec::new(),
        };
        let prefixes: Vec<ImportedPrefix> = logs
            .iter()
            .map(|log| ImportedPrefix {
                bytes: log.bytes,
                hash: log.hash.clone(),
            })
            .collect();
        let prefix = source.prefix(&prefixes)?;
        Ok(Comparison { head, logs, prefix })
    }

    /// The longest of them that it begins with.
    pub(super) fn known(&self) -> Option<&ImportedLog> {
        self.prefix.known.and_then(|at| self.logs.get(at))
    }
}
