//! Starts threads, each with a name, which panics, debuggers and `ps -L` show.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Enough to serve a connection: parsing and a database query, no deep recursion. Reserves address space, not memory.
const STACK: usize = 1 << 20;

/// Starts `work` on a thread called `name`, of which Linux keeps 15 bytes.
///
/// # Errors
/// When the system cannot create a thread.
pub fn spawn<T: Send + 'static>(
    name: String,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    debug_assert!(name.len() <= 15, "{name} would be cut");
    Builder::new().name(name).stack_size(STACK).spawn(work)
}
