//! The events of a case, made before the clock starts.

use crate::internals::{TimestampMs, ViewEvent, Viewer};

const HOUR: i64 = 3_600_000;
/// When the first round's views happen. Each round has an hour of its own, so that each writes the same kinds of rows.
const START: i64 = 490_000 * HOUR;

/// Which posts are viewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// One.
    Hot,
    /// Each as often as its rank is high: the n-th with a weight of 1/n.
    Zipf,
    /// All alike.
    Uniform,
}

/// Who views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewers {
    /// Nobody in particular.
    None,
    /// Somebody else each time.
    Distinct,
    /// A tenth as many as there are events, so that most events are of a viewer who was there before.
    Returning,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub spread: Spread,
    /// Posts the views are spread over, evenly strewn over all there are.
    pub posts: usize,
    pub viewers: Viewers,
    pub events: usize,
}

impl Load {
    /// All events of a round. The same round gives the same events.
    pub fn events(&self, all_posts: usize, round: usize) -> Vec<ViewEvent> {
        let mut random = fastrand::Rng::with_seed(round as u64);
        let hour = START + i64::try_from(round).expect("few rounds") * HOUR;
        let apart = (all_posts / self.posts).max(1);
        let weights = (self.spread == Spread::Zipf).then(|| cumulated(self.posts));
        (0..self.events)
            .map(|number| {
                let rank = match &weights {
                    None => random.usize(..self.posts),
                    Some(weights) => {
                        let total = weights.last().copied().unwrap_or(0.0);
                        let point = random.f64() * total;
                        weights.partition_point(|&weight| weight < point)
                    }
                };
                ViewEvent {
                    post: column(rank.min(self.posts - 1) * apart + 1),
                    at: TimestampMs(hour + column(number * 3000 / self.events) * 1000),
                    viewer: self.viewer(number, round, &mut random),
                    uncounted: None,
                }
            })
            .collect()
    }

    fn viewer(&self, number: usize, round: usize, random: &mut fastrand::Rng) -> Option<Viewer> {
        let who = match self.viewers {
            Viewers::None => return None,
            Viewers::Distinct => round * self.events + number,
            Viewers::Returning => random.usize(..(self.events / 10).max(1)),
        };
        // Spread over the numbers as a hash is; negative, as anonymous viewers are.
        let scattered = (who as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 1;
        Some(Viewer::Anonymous(-1 - (scattered as i64)))
    }
}

fn cumulated(posts: usize) -> Vec<f64> {
    let mut sum = 0.0;
    (1..=posts)
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect()
}

fn column(number: usize) -> i64 {
    i64::try_from(number).expect("no benchmark has so many")
}
