//! What a batch is known by, so that it is applied once even where the answer to its commit was lost.

use super::time::TimestampMs;

/// A batch's number, random and made before the first try, and that of the one before it from the same counter, which nobody
/// asks for any more.
///
/// Only batches need one that no journal tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchId {
    own: Option<(u128, TimestampMs)>,
    previous: Option<u128>,
}

impl BatchId {
    /// Gives the batch a number, unless it has one.
    pub fn begin(&mut self, random: u128, now: TimestampMs) {
        self.own.get_or_insert((random, now));
    }

    /// The batch is written: the next one gets another.
    pub fn end(&mut self) {
        if let Some((number, _)) = self.own.take() {
            self.previous = Some(number);
        }
    }

    /// Its number, if it has one, and when it got it.
    pub fn own(&self) -> Option<(u128, TimestampMs)> {
        self.own
    }

    /// The number of the one before.
    pub fn previous(&self) -> Option<u128> {
        self.previous
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_keeps_its_number_until_it_is_written() {
        let mut id = BatchId::default();
        id.end();
        assert_eq!((id.own(), id.previous()), (None, None));
        id.begin(1, TimestampMs(5));
        id.begin(2, TimestampMs(6));
        assert_eq!(id.own(), Some((1, TimestampMs(5))));
        id.end();
        assert_eq!((id.own(), id.previous()), (None, Some(1)));
        id.begin(3, TimestampMs(7));
        assert_eq!(
            (id.own(), id.previous()),
            (Some((3, TimestampMs(7))), Some(1))
        );
    }
}
