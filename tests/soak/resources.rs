//! Memory, threads and descriptors: after a load they are what they were before.

use crate::support::{Server, until};

/// What a server may keep of a load, in KiB: allocated and free again, maps that stay as large as they were, the cache.
const MEMORY_KEPT: u64 = 64 << 10;

/// Connections to the database that were needed under load, and stay open.
const DESCRIPTORS_KEPT: usize = 16;

/// What a server at rest has.
#[derive(Clone, Copy, Debug)]
pub struct Resources {
    memory: u64,
    threads: usize,
    descriptors: usize,
}

impl Resources {
    pub fn of(server: &Server) -> Self {
        Self {
            memory: server.memory(),
            threads: server.threads(),
            descriptors: server.descriptors(),
        }
    }

    /// Waits until a server has no more than these, but for what it may keep. Answers its memory, in KiB.
    pub fn are_back(self, server: &Server) -> u64 {
        until("threads and descriptors are back", || {
            let now = Self::of(server);
            now.threads <= self.threads && now.descriptors <= self.descriptors + DESCRIPTORS_KEPT
        });
        let memory = server.memory();
        let most = self.memory + MEMORY_KEPT;
        assert!(
            memory <= most,
            "{memory} KiB after the load, {} before",
            self.memory
        );
        memory
    }
}
