//! How many connections the descriptor limit allows.

/// Descriptors for all that is not a connection: the database with its readers, the listener, the standard three, and
/// files opened for a moment.
const RESERVED: u64 = 24;

/// A connection holds its socket twice: the library clones it for writing.
const PER_CONNECTION: u64 = 2;

/// The limit is too low for even one connection.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve with a limit of {limit} open files; try ulimit -n {}", RESERVED + 64 * PER_CONNECTION)]
pub struct TooFew {
    limit: u64,
}

/// Raises the process's soft limit as far as `wanted` connections need it, and returns how many of them there can be.
///
/// # Errors
/// [`TooFew`] when there cannot be one.
pub fn reserve(wanted: usize) -> Result<usize, TooFew> {
    let need = RESERVED + PER_CONNECTION * wanted as u64;
    // Where the limit cannot be read, the accept loop still survives running into it.
    let limit = rlimit::increase_nofile_limit(need).unwrap_or(need);
    let allowed = limit.saturating_sub(RESERVED) / PER_CONNECTION;
    if allowed == 0 {
        return Err(TooFew { limit });
    }
    if allowed < wanted as u64 {
        tracing::warn!(
            limit,
            allowed,
            wanted,
            "the limit of open files allows fewer connections than --max-connections"
        );
        return Ok(usize::try_from(allowed).unwrap_or(wanted));
    }
    Ok(wanted)
}
