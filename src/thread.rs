//! The one way to start a thread: with a name, so that a panic, a debugger or `ps -L` names the stage.

use std::io;
use std::thread::{Builder, JoinHandle};

/// What a thread that serves a connection needs: parsing, a database look-up, no deep recursion. A thousand of them
/// reserve address space, not memory.
const STACK: usize = 1 << 20;

/// Starts `work` on a thread called `name`, which Linux cuts after 15 bytes.
///
/// # Errors
/// When the system has no thread left to give.
pub fn spawn<T: Send + 'static>(
    name: String,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    debug_assert!(name.len() <= 15, "{name} would be cut");
    Builder::new().name(name).stack_size(STACK).spawn(work)
}
