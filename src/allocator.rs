//! How memory goes back to the system.

#![allow(
    unsafe_code,
    reason = "glibc's allocator is set by a call to C, which has no other way"
)]

/// Has the allocator give large blocks back as soon as they are freed, always. Left to itself, glibc's raises the size from
/// which it does so with each one freed, up to 32 MiB, and keeps twice as much at the end of each thread's heap: a minute
/// in which the store took nothing left 100 MB that nobody used (mallopt(3), `M_MMAP_THRESHOLD`). Other allocators are left
/// as they are.
///
/// Must be called before there are other threads.
pub fn give_memory_back() {
    /// Blocks from this size on are mapped for themselves.
    #[cfg(target_env = "gnu")]
    const MAPPED_FROM: i32 = 1 << 20;
    // SAFETY: the calls change two numbers of the allocator's, and no other thread allocates meanwhile.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_FROM);
        libc::mallopt(libc::M_TRIM_THRESHOLD, MAPPED_FROM);
    }
}
