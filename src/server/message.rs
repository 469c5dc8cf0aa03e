//! A rendered response, and how much of it has been sent.

use std::io;
use std::os::fd::RawFd;

use super::raw_fd;
use crate::http::Insert;

/// Rendered bytes, with shared ones inserted.
pub(super) struct Message {
    bytes: Vec<u8>,
    insert: Option<Insert>,
    sent: usize,
}

impl Message {
    pub(super) fn new(bytes: Vec<u8>, insert: Option<Insert>) -> Message {
        Message {
            bytes,
            insert,
            sent: 0,
        }
    }

    /// Sends as much as the socket takes without waiting. Returns whether that was all.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn send(&mut self, socket: RawFd) -> io::Result<bool> {
        let sent = match &self.insert {
            None => raw_fd::send_now(socket, &self.bytes[self.sent..])?,
            Some(_) => raw_fd::send_parts_now(socket, &self.rest())?,
        };
        self.sent += sent;
        Ok(self.sent == self.length())
    }

    /// The buffer, to be used again.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }

    /// The memory of its own bytes.
    pub(super) fn own_memory(&self) -> usize {
        self.bytes.capacity()
    }

    /// The shared bytes: their address, which tells them from others, and their length.
    pub(super) fn shared_memory(&self) -> Option<(usize, usize)> {
        let body = (*self.insert.as_ref()?.body).as_ref();
        Some((body.as_ptr().addr(), body.len()))
    }

    fn length(&self) -> usize {
        self.bytes.len() + self.shared_memory().map_or(0, |(_, length)| length)
    }

    /// What is still to be sent, in up to three parts.
    fn rest(&self) -> [&[u8]; 3] {
        let (at, body) = match &self.insert {
            Some(insert) => (insert.at, (*insert.body).as_ref()),
            None => (0, &b""[..]),
        };
        let (before, after) = self.bytes.split_at(at);
        let mut skipped = self.sent;
        [before, body, after].map(|part| {
            let skip = skipped.min(part.len());
            skipped -= skip;
            &part[skip..]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_is_left_is_in_order_wherever_sending_stopped() {
        let insert = Insert {
            at: 3,
            body: Arc::new(b"body".to_vec()),
        };
        let mut message = Message::new(b"hd:end".to_vec(), Some(insert));
        assert_eq!(message.length(), 10);
        for sent in 0..=10 {
            message.sent = sent;
            assert_eq!(message.rest().concat(), &b"hd:bodyend"[sent..]);
        }
    }
}
