//! Why a line is in no known format.

use thiserror::Error;

/// Why a line is in no known format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// No client before the first space.
    #[error("no client address at the start of the line")]
    Host,
    /// No time such as `[17/May/2015:10:05:03 +0000]`.
    #[error("no time such as [17/May/2015:10:05:03 +0000]")]
    Time,
    /// No quoted request line after the time.
    #[error("no quoted request line after the time")]
    Request,
    /// No three digits after the request line.
    #[error("no status after the request line")]
    Status,
    /// Neither a number nor `-` after the status.
    #[error("no size after the status")]
    Bytes,
    /// No agent in its field, but a later quoted field that looks like one. Real damaged logs have such lines; accepted,
    /// crawlers in them would count as people.
    #[error("the user agent is not where it belongs")]
    Shifted,
    /// A quoted field that is not closed: a line cut short.
    #[error("a quoted field is not closed")]
    Unclosed,
    /// It begins like JSON and is none.
    #[error("not valid JSON")]
    Json,
    /// A JSON object without one of the fields that a read has.
    #[error("JSON without {0}")]
    JsonField(&'static str),
    /// The fields of a W3C log, named by its `#Fields:` line, without one that a read has.
    #[error("the line #Fields names no {0}")]
    W3cField(&'static str),
    /// More or fewer values than `#Fields:` names, or of another kind.
    #[error("not the values that the line #Fields names")]
    W3cValues,
}
