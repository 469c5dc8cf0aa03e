//! Attacks that were tried and worked, each as it was found, and the bounds that each must now stay within.
//!
//! Every attacker is bounded in time and bytes and stops when the server has grown by 600 MB. The quick variants run
//! with few connections or short timeouts; the ones of `make test-long` have a thousand.

mod byte_by_byte;
mod dead_for_good;
mod equal_headers;
mod exact_heads;
mod fairness;
mod library_edges;
mod memory;
mod offenders;
mod per_address;
mod refused_or_served;
mod slow_readers;
mod token;
mod unread_answers;
mod viewer_id;
mod writing;
