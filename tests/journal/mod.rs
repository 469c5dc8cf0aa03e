//! Nothing that a client has read is lost when the process dies, or when the store takes nothing to the end.

mod copies;
mod damage;
mod disk;
mod durable;
mod kept;
pub mod kill;
mod kill_rounds;
mod recovery_time;
mod spill_files;
