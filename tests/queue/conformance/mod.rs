//! What every engine must do, tried on each through the seam alone.
//!
//! The test of an engine implements [`TestEngine`] and has one line: `conformance! { name: engine }`, where `engine` is
//! an `Option`, `None` once it was said that something is missing.

pub mod away;
pub mod calls;
pub mod reading;
pub mod sending;

use std::time::Duration;

use viewtally::internals::queue::QueueUrl;

use crate::support::WAIT_LIMIT;

/// An engine under test.
pub trait TestEngine {
    /// The address of an empty queue that no other test uses, with so many partitions where the engine has any.
    fn queue(&self, partitions: u32) -> QueueUrl;

    /// The address of an engine that does not listen.
    fn away(&self) -> QueueUrl;

    /// Whether a partition, or the whole of an engine without, gives messages in the order in which they were sent.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Whether a reader knows how many messages are left.
    fn tells_lag(&self) -> bool {
        true
    }

    /// A length that it certainly does not take.
    fn too_long(&self) -> usize {
        2 << 20
    }

    /// How many messages are many for it, a thousand where the engine is not slow itself.
    fn many(&self) -> usize {
        1_000
    }

    /// For engines without partitions: after so long a message is handed out again that was received and not applied.
    fn hands_out_again_after(&self) -> Duration {
        WAIT_LIMIT
    }
}

/// Runs every test against an engine. A test that is missing here is dead code, which the compiler reports.
macro_rules! conformance {
    ($engine:ident: $start:expr) => {
        mod $engine {
            use super::*;
            $crate::queue::conformance::conformance! { $start;
                sending: messages_come_as_they_were_sent, any_bytes_come_back_unchanged,
                    the_longest_message_passes, a_message_that_is_too_long_is_named_and_the_next_send_works,
                    many_messages_are_sent_at_once, a_batch_may_be_sent_again;
                reading: reading_goes_on_after_what_was_applied, two_readers_get_every_message,
                    a_reader_takes_no_more_than_it_asks_for, a_waiting_reader_is_woken_by_a_message,
                    an_empty_queue_is_no_error, what_is_left_to_read_is_told,
                    a_position_of_something_else_is_refused;
                away: it_fails_by_the_deadline;
            }
        }
    };
    ($start:expr; $($topic:ident: $($test:ident),+;)+) => {
        $(mod $topic {
            use super::*;
            $(#[test]
            fn $test() {
                // Where the engine is missing, that was said.
                if let Some(engine) = $start {
                    $crate::queue::conformance::$topic::$test(&engine);
                }
            })+
        })+
    };
}
pub(crate) use conformance;
