//! Why an import of a log stops.

use std::io;

use crate::store::StoreError;

/// Why a log was given up.
#[derive(Debug)]
pub(super) enum Failure {
    /// The log cannot be read. The next one may be.
    Log(String),
    /// The store failed.
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
