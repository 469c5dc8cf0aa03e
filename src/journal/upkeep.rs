//! The thread that has segments ready before they are needed.

use super::shared::Shared;

/// Runs until it is stopped.
pub(super) fn run(shared: &Shared) {
    while shared.wakeup.wait() {
        shared.prepare();
    }
}
