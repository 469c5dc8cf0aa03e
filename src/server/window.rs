//! The peeked bytes of one connection: a copy of the front of its receive queue.

use std::os::fd::RawFd;

use super::raw_fd::{self, PeekResult};

/// How far a worker looks into a connection, in bytes. A request whose head and body fit is served once all of it has
/// arrived; a longer body is read by a worker.
pub(super) const WINDOW: usize = 32 << 10;

/// One a worker, reused for every connection. Invariant: `bytes[start..end]` is what the kernel holds at the front of
/// the queue, as far as it was seen.
pub(super) struct Window {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    /// Where discarded bytes would go; the kernel writes nothing there.
    discarded: Box<[u8]>,
}

impl Default for Window {
    fn default() -> Window {
        Window {
            bytes: vec![0; WINDOW].into(),
            start: 0,
            end: 0,
            discarded: vec![0; WINDOW].into(),
        }
    }
}

impl Window {
    /// Forgets what was seen, as for another connection.
    pub(super) fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether it begins where it was filled: what is missing in it has not arrived yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.start == 0
    }

    /// Peeks anew.
    pub(super) fn fill(&mut self, socket: RawFd) -> PeekResult {
        self.clear();
        let seen = raw_fd::peek(socket, &mut self.bytes);
        if let PeekResult::Bytes(length) = seen {
            self.end = length;
        }
        seen
    }

    /// What was seen and is still in the kernel.
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// As [`Window::unread`], mutable for the parser, which normalises the version in place; and what takes bytes off the
    /// socket meanwhile.
    pub(super) fn split(&mut self) -> (&mut [u8], Taker<'_>) {
        let Window {
            bytes,
            start,
            end,
            discarded,
        } = self;
        let end = *end;
        let unread = &mut bytes[*start..end];
        let taker = Taker {
            start,
            end,
            discarded,
        };
        (unread, taker)
    }

    /// Takes bytes off the socket without having seen them. Returns as [`raw_fd::discard`].
    pub(super) fn discard(&mut self, socket: RawFd) -> PeekResult {
        self.clear();
        raw_fd::discard(socket, &mut self.discarded)
    }
}

/// Takes seen bytes off the socket while a request still borrows them.
pub(super) struct Taker<'a> {
    start: &'a mut usize,
    end: usize,
    discarded: &'a mut Box<[u8]>,
}

impl Taker<'_> {
    /// Takes `length` seen bytes off the socket.
    pub(super) fn take(&mut self, socket: RawFd, length: usize) {
        let mut left = length;
        while left > 0 {
            match raw_fd::discard(socket, &mut self.discarded[..left.min(WINDOW)]) {
                PeekResult::Bytes(taken) => left -= taken,
                // They were seen; only a broken connection loses them, which its next use tells.
                PeekResult::Nothing | PeekResult::End => break,
            }
        }
        *self.start += length;
    }

    /// Forgets what was seen beyond, for others read it from the socket.
    pub(super) fn forget_rest(&mut self) {
        *self.start = self.end;
    }
}
