//! What has arrived on one connection and was not served: the part of a request that was kept, and the peeked front of
//! the receive queue.

use std::os::fd::RawFd;

use super::raw_fd::{self, PeekResult};

/// How far a worker looks into a connection, in bytes. A request whose head and body fit is served once all of it has
/// arrived; a longer body is read by a worker.
pub(super) const WINDOW: usize = 32 << 10;

/// How much is discarded in one call.
const DISCARD: usize = 8 << 10;

/// One a worker, reused for every connection. Invariant: `bytes[start..end]` is what has arrived and was not taken, as
/// far as it was seen; the first `kept` bytes of it are off the socket already, the others at the front of the queue.
pub(super) struct Window {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    kept: usize,
    /// Whether the kernel may hold more than was seen.
    more: bool,
    /// Where discarded bytes would go; the kernel writes nothing there.
    discarded: Box<[u8; DISCARD]>,
}

impl Default for Window {
    fn default() -> Window {
        Window {
            bytes: vec![0; WINDOW].into(),
            start: 0,
            end: 0,
            kept: 0,
            more: true,
            discarded: Box::new([0; DISCARD]),
        }
    }
}

impl Window {
    /// Forgets what was seen, as for another connection.
    pub(super) fn clear(&mut self) {
        (self.start, self.end, self.kept, self.more) = (0, 0, 0, true);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether all that had arrived by the last look has been taken: whatever the socket holds now came later.
    pub(super) fn is_drained(&self) -> bool {
        self.is_empty() && !self.more
    }

    /// Whether it begins where it was filled: what is missing in it has not arrived yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.start == 0
    }

    /// Peeks anew, behind what was kept. Returns what peeking found.
    pub(super) fn fill(&mut self, kept: &[u8], socket: RawFd) -> PeekResult {
        self.clear();
        self.bytes[..kept.len()].copy_from_slice(kept);
        (self.end, self.kept) = (kept.len(), kept.len());
        let seen = raw_fd::peek(socket, &mut self.bytes[kept.len()..]);
        if let PeekResult::Bytes(length) = seen {
            self.end += length;
            self.more = self.end == WINDOW;
        }
        seen
    }

    /// Moves everything off the socket, to be kept until there is more. `kept` holds what was kept before.
    pub(super) fn keep(&mut self, kept: &mut Vec<u8>, socket: RawFd) {
        kept.extend_from_slice(&self.bytes[self.start + self.kept..self.end]);
        let length = self.end - self.start;
        let (_, mut taker) = self.split();
        taker.take(socket, length);
    }

    /// What was seen and not taken.
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
            kept,
            more,
            discarded,
        } = self;
        let end = *end;
        let unread = &mut bytes[*start..end];
        let taker = Taker {
            start,
            end,
            kept,
            more,
            discarded,
        };
        (unread, taker)
    }

    /// Takes bytes off the socket without having seen them. Returns as [`raw_fd::discard`].
    pub(super) fn discard(&mut self, socket: RawFd) -> PeekResult {
        self.clear();
        raw_fd::discard(socket, &mut self.discarded[..])
    }
}

/// Takes seen bytes off the socket while a request still borrows them.
pub(super) struct Taker<'a> {
    start: &'a mut usize,
    end: usize,
    kept: &'a mut usize,
    more: &'a mut bool,
    discarded: &'a mut [u8; DISCARD],
}

impl Taker<'_> {
    /// Takes `length` seen bytes, those that are not kept already off the socket.
    pub(super) fn take(&mut self, socket: RawFd, length: usize) {
        let from_kept = length.min(*self.kept);
        *self.kept -= from_kept;
        let mut left = length - from_kept;
        while left > 0 {
            match raw_fd::discard(socket, &mut self.discarded[..left.min(DISCARD)]) {
                PeekResult::Bytes(taken) => left -= taken,
                // They were seen; only a broken connection loses them, which its next use tells.
                PeekResult::Nothing | PeekResult::End => break,
            }
        }
        *self.start += length;
    }

    /// Forgets what was seen beyond, for others read it from the socket.
    pub(super) fn forget_rest(&mut self) {
        (*self.start, *self.more) = (self.end, true);
    }
}
