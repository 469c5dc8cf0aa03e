//! Waline: one JSON document, `{"type":"waline","data":{"Counter":[{"url","time",…}]}}`. Its counters are read one by one, so
//! that one that is damaged does not keep the others.

use std::io::{self, BufRead, Read};

use memchr::memmem;
use serde_json::Value;

use super::leancloud::counter;
use super::row::{Items, damaged};

/// The largest document, in bytes.
const MAX_SIZE: u64 = 1 << 30;

/// Reads an export.
///
/// # Errors
/// Those of reading.
pub fn read(reader: impl BufRead, items: Items<'_>) -> io::Result<()> {
    let mut text = Vec::new();
    reader.take(MAX_SIZE).read_to_end(&mut text)?;
    let Some(mut at) = start_of_counters(&text) else {
        items(damaged(
            1,
            "it has no list \"Counter\", as exports of Waline have",
        ));
        return Ok(());
    };
    loop {
        while text
            .get(at)
            .is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b',')
        {
            at += 1;
        }
        match text.get(at) {
            Some(b']') => return Ok(()),
            None => {
                items(damaged(
                    line_of(&text, at),
                    "it ends here; it was cut short",
                ));
                return Ok(());
            }
            Some(_) => {}
        }
        let mut values = serde_json::Deserializer::from_slice(&text[at..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(object)) => {
                items(counter(&object, line_of(&text, at)));
                at += values.byte_offset();
            }
            _ => {
                items(damaged(line_of(&text, at), "it is no JSON"));
                let next = memmem::find(&text[at + 1..], b"{");
                at = next.map_or(text.len(), |next| at + 1 + next);
                if next.is_none() {
                    return Ok(());
                }
            }
        }
    }
}

/// Where the first counter is.
fn start_of_counters(text: &[u8]) -> Option<usize> {
    let name = memmem::find(text, b"\"Counter\"")?;
    let list = memchr::memchr(b'[', &text[name..])?;
    Some(name + list + 1)
}

fn line_of(text: &[u8], at: usize) -> u64 {
    memchr::memchr_iter(b'\n', &text[..at.min(text.len())]).count() as u64 + 1
}
