//! What is known of a request that has not arrived whole.

use std::time::Instant;

use super::head;
use super::in_flight::RequestGuard;

/// A part of a head is parsed at each of its line ends up to this length, for an early refusal, and beyond it ever more
/// rarely: a client that sends byte by byte must not have its whole head parsed for each.
const PARSE_EACH_LINE: usize = 1024;

/// See the module.
#[derive(Default)]
pub(super) struct PartialRequest {
    /// Its bytes, taken off the socket: at most a window of them. Left in the kernel they could keep the rest from
    /// arriving: the kernel frees a received buffer, of up to hundreds of kilobytes, only as a whole, and announces no
    /// room to the client meanwhile (found by trying: 8,000 requests in a pipeline came to a halt).
    pub(super) bytes: Vec<u8>,
    /// As many of them were parsed.
    pub(super) parsed: usize,
    /// As many are needed, head and body, where that is known.
    pub(super) needed: usize,
    /// Whether the body was asked for by a 100.
    pub(super) continue_sent: bool,
    /// When its body must have been read, once it has waited for a slot to be read in.
    pub(super) body_deadline: Option<Instant>,
    /// Once its head is there, it is in flight: a drain waits for its body.
    pub(super) guard: Option<RequestGuard>,
}

impl PartialRequest {
    /// Whether `bytes`, which are these and what has arrived since, can be more than they were when last parsed.
    pub(super) fn is_worth_parsing(&self, bytes: &[u8]) -> bool {
        if self.needed > 0 {
            return bytes.len() >= self.needed;
        }
        let new = bytes.get(self.bytes.len()..).unwrap_or_default();
        let has_line = bytes.len() <= PARSE_EACH_LINE && new.contains(&b'\n');
        self.parsed == 0
            || has_line
            || bytes.len() >= self.parsed + (self.parsed / 4).max(64)
            || head::has_end(bytes, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_drips_is_parsed_seldom_and_in_time() {
        let head = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(8000));
        let (mut part, mut parsed) = (PartialRequest::default(), 0);
        for end in 1..head.len() {
            let bytes = &head.as_bytes()[..end];
            if part.is_worth_parsing(bytes) {
                part.parsed = end;
                parsed += 1;
            }
            part.bytes = bytes.to_vec();
        }
        assert!(parsed < 40, "{parsed} times");
        assert!(part.is_worth_parsing(head.as_bytes()), "it is whole");
    }
}
