//! How memory goes back to the system.

#![allow(
    unsafe_code,
    reason = "glibc's allocator is told and asked by calls to C, which have no other way"
)]

/// Has the allocator give large blocks back as soon as they are freed, always. Left to itself, glibc's raises the size from
/// which it does so with each one freed, up to 32 MiB, and keeps twice as much at the end of each thread's heap: a minute
/// in which the store took nothing left 100 MB that nobody used (mallopt(3), `M_MMAP_THRESHOLD`). Other allocators are left
/// as they are.
///
/// Must be called before there are other threads.
pub fn give_back_large_blocks() {
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

/// Has the allocator give back the free pages between blocks that are in use, which glibc's keeps for ever: one small block
/// at the end of a thread's heap holds 50 MB of it. It locks one heap after the other, for as long as it takes to give its
/// pages back (`malloc_trim(3)`; 84 MB of four heaps: 15 ms beside other work, nothing: 0.1 ms).
pub fn give_back_free_pages() {
    // SAFETY: it may be called at any time, from any thread.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}
