//! An engine in memory that loses answers, hands messages out twice, and can be away.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::engine::{Engine, Outgoing, Producer, Reader, Received, Sharing, Source};
use super::error::{QueueError, SendError};

/// What is on the queue, and how it behaves.
#[derive(Clone, Default)]
pub struct Broker(Arc<Mutex<State>>);

#[derive(Default)]
pub struct State {
    pub partitions: Vec<Vec<Vec<u8>>>,
    /// Whether nobody reaches it.
    pub is_away: bool,
    /// Of so many sendings one is accepted, and its answer lost; 0: none.
    pub loses_one_of: u32,
    /// The longest message it takes.
    pub max_bytes: usize,
    /// Of so many messages one is handed out twice; 0: none.
    pub repeats_one_of: u32,
    /// Sendings so far.
    pub sendings: u32,
}

impl Broker {
    pub fn new(partitions: usize) -> Broker {
        let broker = Broker::default();
        let mut state = broker.state();
        state.partitions = vec![Vec::new(); partitions];
        state.max_bytes = 1 << 20;
        drop(state);
        broker
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn messages(&self) -> usize {
        self.state().partitions.iter().map(Vec::len).sum()
    }

    pub fn engine(&self) -> Engine {
        Engine {
            producer: Box::new(self.clone()),
            source: Arc::new(self.clone()),
        }
    }

    fn answer(&self) -> Result<MutexGuard<'_, State>, QueueError> {
        let state = self.state();
        match state.is_away {
            true => Err(QueueError("it is away".to_owned())),
            false => Ok(state),
        }
    }
}

impl Producer for Broker {
    fn send(&mut self, messages: &[Outgoing], _: Instant) -> Result<(), SendError> {
        let mut state = self.answer()?;
        if let Some(index) = messages
            .iter()
            .position(|message| message.bytes.len() > state.max_bytes)
        {
            return Err(SendError::TooLong {
                index,
                bytes: messages[index].bytes.len(),
                limit: state.max_bytes,
            });
        }
        state.sendings += 1;
        let lost = state.loses_one_of > 0 && state.sendings.is_multiple_of(state.loses_one_of);
        // Where the answer is lost, some are accepted.
        let accepted = match lost {
            true => messages.len().div_ceil(2),
            false => messages.len(),
        };
        let count = state.partitions.len();
        for message in &messages[..accepted] {
            let partition = fastrand::usize(..count);
            state.partitions[partition].push(message.bytes.clone());
        }
        match lost {
            true => Err(QueueError("the answer was lost".to_owned()).into()),
            false => Ok(()),
        }
    }

    fn max_bytes(&self) -> usize {
        // It does not know what the other side takes.
        1 << 20
    }
}

impl Source for Broker {
    fn sharing(&self) -> Result<Sharing, QueueError> {
        let count = self.answer()?.partitions.len();
        Ok(Sharing::Partitions(u32::try_from(count).unwrap()))
    }

    fn read(&self, partition: u32, position: Option<&str>) -> Result<Box<dyn Reader>, QueueError> {
        drop(self.answer()?);
        Ok(Box::new(FakeReader {
            broker: self.clone(),
            partition: partition as usize,
            next: position.map_or(0, |position| position.parse::<usize>().unwrap() + 1),
        }))
    }
}

struct FakeReader {
    broker: Broker,
    partition: usize,
    next: usize,
}

impl Reader for FakeReader {
    fn receive(&mut self, max_bytes: usize, wait: Duration) -> Result<Vec<Received>, QueueError> {
        let deadline = Instant::now() + wait.min(Duration::from_millis(20));
        loop {
            let state = self.broker.answer()?;
            let messages = &state.partitions[self.partition];
            let mut received = Vec::new();
            let mut bytes = 0;
            while let Some(message) = messages.get(self.next)
                && (bytes == 0 || bytes + message.len() <= max_bytes)
            {
                bytes += message.len();
                let copies = match state.repeats_one_of {
                    0 => 1,
                    one_of => 1 + usize::from(fastrand::u32(..one_of) == 0),
                };
                for _ in 0..copies {
                    received.push(Received {
                        position: self.next.to_string(),
                        bytes: message.clone(),
                        at: None,
                        receipt: None,
                    });
                }
                self.next += 1;
            }
            drop(state);
            if !received.is_empty() || Instant::now() >= deadline {
                return Ok(received);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn applied(&mut self, _: &[Received]) -> Result<(), QueueError> {
        self.broker.answer().map(|_| ())
    }

    fn lag(&mut self) -> Option<u64> {
        let state = self.broker.answer().ok()?;
        Some((state.partitions[self.partition].len() - self.next) as u64)
    }
}
