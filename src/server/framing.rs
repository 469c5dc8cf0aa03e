//! Where a request's body ends.

/// How the end of a request's body is found (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes; 0 where there is no body.
    Sized(u64),
    /// Until its last chunk.
    Chunked,
}
