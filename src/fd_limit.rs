//! How many connections the descriptor limit allows.

/// Descriptors for all that is not a connection: the database with its readers, the listener and what waits on it, the
/// standard three, and files opened for a moment.
const RESERVED: u64 = 28;

/// A connection holds its socket twice: the library clones it for writing.
const PER_CONNECTION: u64 = 2;

/// The limit is too low for even one connection.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve with a limit of {limit} open files; try ulimit -n {}", RESERVED + 64 * PER_CONNECTION)]
pub struct TooFew {
    limit: u64,
}

/// Raises the process's soft limit as far as `wanted` connections need it, and returns how many of them there
/// can be.
///
/// # Errors
/// [`TooFew`] when there cannot be one.
pub fn reserve(wanted: usize) -> Result<usize, TooFew> {
    let need = RESERVED + PER_CONNECTION * wanted as u64;
    // Where the limit cannot be read, the accept loop still survives running into it.
    let limit = rlimit::increase_nofile_limit(need).unwrap_or(need);
    let places = limit.saturating_sub(RESERVED) / PER_CONNECTION;
    let connections = usize::try_from(places).map_or(wanted, |places| places.min(wanted));
    if connections == 0 {
        return Err(TooFew { limit });
    }
    if connections < wanted {
        tracing::warn!(
            limit,
            connections,
            wanted,
            "the limit of open files allows fewer connections than --max-connections"
        );
    }
    Ok(connections)
}
