//! Request bodies that do not fit into a worker's window: read by the worker, within bounds of size and time.

use std::os::fd::RawFd;
use std::time::Instant;

use super::chunked::{ChunkError, ChunkedDecoder};
use super::framing::Framing;
use super::raw_fd::{self, PeekResult};
use crate::http::Problem;

/// Bytes read at once.
const STEP: usize = 16 << 10;

/// Reads a whole body from the socket into `body`, and not a byte beyond its end.
///
/// # Errors
/// 413 beyond `max` bytes, 408 when it is not whole by the deadline, 400 when it ends early or its chunks are malformed.
pub(super) fn read(
    socket: RawFd,
    framing: Framing,
    max: u64,
    deadline: Instant,
    body: &mut Vec<u8>,
) -> Result<(), Problem> {
    body.clear();
    match framing {
        Framing::Sized(length) if length > max => Err(Problem::too_large(max)),
        Framing::Sized(length) => read_sized(socket, length, deadline, body),
        Framing::Chunked => read_chunked(socket, max, deadline, body),
    }
}

fn read_sized(
    socket: RawFd,
    length: u64,
    deadline: Instant,
    body: &mut Vec<u8>,
) -> Result<(), Problem> {
    let mut buffer = [0; STEP];
    while (body.len() as u64) < length {
        let left = length - body.len() as u64;
        let most = STEP.min(usize::try_from(left).unwrap_or(STEP));
        let taken = raw_fd::read_waiting(socket, &mut buffer[..most]);
        let taken = arrived(taken, deadline)?;
        body.extend_from_slice(&buffer[..taken]);
    }
    Ok(())
}

fn read_chunked(
    socket: RawFd,
    max: u64,
    deadline: Instant,
    body: &mut Vec<u8>,
) -> Result<(), Problem> {
    let mut decoder = ChunkedDecoder::default();
    let mut buffer = [0; STEP];
    while !decoder.is_complete() {
        let seen = raw_fd::peek_waiting(socket, &mut buffer);
        let seen = arrived(seen, deadline)?;
        let taken = decoder
            .decode(&buffer[..seen], body, max)
            .map_err(|error| match error {
                ChunkError::Malformed => {
                    Problem::bad_request("the chunks of the body are malformed")
                }
                ChunkError::TooLarge => Problem::too_large(max),
            })?;
        raw_fd::discard(socket, &mut buffer[..taken]);
    }
    Ok(())
}

/// How much arrived; 0 if nothing did in this step.
fn arrived(read: PeekResult, deadline: Instant) -> Result<usize, Problem> {
    match read {
        PeekResult::End => Err(Problem::bad_request("the body was cut short")),
        // Also where bytes trickle: the deadline is that of the whole body.
        _ if Instant::now() >= deadline => Err(Problem::request_timeout()),
        PeekResult::Bytes(length) => Ok(length),
        PeekResult::Nothing => Ok(0),
    }
}
