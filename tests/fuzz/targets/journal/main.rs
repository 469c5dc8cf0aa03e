//! Recovery of a journal: whatever its files hold, it ends, in bounded memory; each event whose bytes are as they were
//! written is counted, once, and no other.
//!
//! Input: a byte that says what the rest is made into, and the rest. See [`altered`] and [`forged`].

#![no_main]

mod altered;
mod files;
mod forged;
mod input;
mod store;

use libfuzzer_sys::fuzz_target;

use input::Input;

fuzz_target!(|data: &[u8]| {
    let [mode, rest @ ..] = data else {
        return;
    };
    let mut input = Input::new(rest);
    match mode % 4 {
        0 => forged::segment(&mut input),
        1 => forged::batch(&mut input),
        _ => altered::check(&mut input, *mode >= 128),
    }
});
