//! Receiving on a thread of its own, so that a stop need not wait until an engine's long wait is over.

use std::time::Duration;

use flume::{Receiver, Selector, Sender};

use super::engine::{Reader, Received};
use super::error::QueueError;

/// What a call of [`Reader::receive`] answered.
type Answer = Result<Vec<Received>, QueueError>;

/// A thread that receives in its consumer's place. It ends with the [`LongPoll`], or when the call under way has its answer.
pub(super) struct LongPoll {
    calls: Sender<Box<dyn Reader>>,
    answers: Receiver<(Box<dyn Reader>, Answer)>,
}

impl LongPoll {
    /// Starts the thread. Each call waits for `wait` at most.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(
        number: u32,
        max_bytes: usize,
        wait: Duration,
    ) -> std::io::Result<LongPoll> {
        // No room in either: what cannot be handed over is still with whoever has it.
        let (calls, called) = flume::bounded::<Box<dyn Reader>>(0);
        let (answer, answers) = flume::bounded(0);
        crate::thread::spawn(format!("queue-poll-{number}"), move || {
            while let Ok(mut reader) = called.recv() {
                let received = reader.receive(max_bytes, wait);
                if let Err(flume::SendError((reader, Ok(received)))) =
                    answer.send((reader, received))
                {
                    give_back(reader, &received);
                }
            }
        })?;
        Ok(LongPoll { calls, answers })
    }

    /// Receives. `None` when `stopped` is disconnected, or the thread has panicked; then the reader is gone.
    pub(super) fn receive(
        &self,
        reader: Box<dyn Reader>,
        stopped: &Receiver<()>,
    ) -> Option<(Box<dyn Reader>, Answer)> {
        self.calls.send(reader).ok()?;
        Selector::new()
            .recv(&self.answers, Result::ok)
            .recv(stopped, |_| None)
            .wait()
    }
}

/// Returns what arrived after the stop to the engine, for another consumer.
fn give_back(mut reader: Box<dyn Reader>, received: &[Received]) {
    if received.is_empty() {
        return;
    }
    if let Err(error) = reader.give_back(received) {
        // It is handed out again later.
        tracing::debug!(%error, "cannot give back what was received after the stop");
    }
}
