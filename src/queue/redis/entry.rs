//! How a message is an entry of a stream, and back.

use redis::{Cmd, Value, cmd};

use super::position::{Position, StreamId};
use crate::model::TimestampMs;
use crate::queue::engine::Received;

/// The one field of an entry of ours.
const FIELD: &str = "batch";

/// What appends a message to a stream.
pub(super) fn append(key: &str, bytes: &[u8]) -> Cmd {
    let mut append = cmd("XADD");
    append.arg(key).arg("*").arg(FIELD).arg(bytes);
    append
}

/// The entries of an answer to `XREAD` for one stream, which were read from this run of the server. `None` where it is no
/// such answer.
pub(super) fn parse_entries(answer: Value, run: &str) -> Option<Vec<(StreamId, Received)>> {
    let mut streams = match answer {
        Value::Nil => return Some(Vec::new()),
        Value::Array(streams) => streams.into_iter(),
        _ => return None,
    };
    let (Some(Value::Array(stream)), None) = (streams.next(), streams.next()) else {
        return None;
    };
    let Some(Value::Array(entries)) = stream.into_iter().nth(1) else {
        return None;
    };
    entries
        .into_iter()
        .map(|entry| parse_entry(entry, run))
        .collect()
}

fn parse_entry(entry: Value, run: &str) -> Option<(StreamId, Received)> {
    let Value::Array(parts) = entry else {
        return None;
    };
    let mut parts = parts.into_iter();
    let (Some(id), Some(fields), None) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let id: StreamId = match id {
        Value::BulkString(id) => std::str::from_utf8(&id).ok()?.parse().ok()?,
        _ => return None,
    };
    let fields = match fields {
        Value::Array(fields) => fields.into_iter().map(text_of).collect(),
        _ => Vec::new(),
    };
    let position = Position {
        id,
        run: run.to_owned(),
    };
    let received = Received {
        position: position.to_string(),
        bytes: message_of(fields),
        at: i64::try_from(id.ms).ok().map(TimestampMs),
        receipt: None,
    };
    Some((id, received))
}

fn text_of(value: Value) -> Vec<u8> {
    match value {
        Value::BulkString(bytes) => bytes,
        _ => Vec::new(),
    }
}

/// The message of an entry. What another program has put there becomes `FIELD=VALUE` lines, which are no message, so that
/// whoever reads messages says so.
fn message_of(mut fields: Vec<Vec<u8>>) -> Vec<u8> {
    if fields.len() == 2 && fields[0] == FIELD.as_bytes() {
        return fields.swap_remove(1);
    }
    let mut lines = Vec::new();
    for (number, part) in fields.into_iter().enumerate() {
        lines.extend_from_slice(&part);
        lines.push(if number % 2 == 0 { b'=' } else { b'\n' });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(answer: &str) -> Option<Vec<(String, Vec<u8>)>> {
        let answer = redis::parse_redis_value(answer.as_bytes()).expect("an answer");
        let entries = parse_entries(answer, "run")?;
        Some(
            entries
                .into_iter()
                .map(|(_, received)| (received.position, received.bytes))
                .collect(),
        )
    }

    #[test]
    fn entries_of_ours_are_messages_and_others_are_lines() {
        let answer = "*1\r\n*2\r\n$3\r\nkey\r\n*3\r\n\
            *2\r\n$3\r\n7-1\r\n*2\r\n$5\r\nbatch\r\n$2\r\nhi\r\n\
            *2\r\n$3\r\n7-2\r\n*4\r\n$1\r\na\r\n$1\r\nb\r\n$5\r\nbatch\r\n$2\r\nhi\r\n\
            *2\r\n$3\r\n8-0\r\n*-1\r\n";
        let expected = [
            ("7-1@run", &b"hi"[..]),
            ("7-2@run", b"a=b\nbatch=hi\n"),
            ("8-0@run", b""),
        ];
        let expected = expected.map(|(position, bytes)| (position.to_owned(), bytes.to_vec()));
        assert_eq!(entries(answer), Some(expected.to_vec()));
    }

    #[test]
    fn nothing_new_is_no_entry_and_anything_else_is_told() {
        assert_eq!(entries("*-1\r\n"), Some(Vec::new()));
        for wrong in [
            "+OK\r\n",
            "*0\r\n",
            "*1\r\n*1\r\n$1\r\na\r\n",
            "*1\r\n:1\r\n",
        ] {
            assert_eq!(entries(wrong), None, "{wrong}");
        }
        let no_number = "*1\r\n*2\r\n$3\r\nkey\r\n*1\r\n*2\r\n$1\r\nx\r\n*0\r\n";
        assert_eq!(entries(no_number), None);
    }
}
