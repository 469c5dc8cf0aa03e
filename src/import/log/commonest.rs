//! The commonest of very many texts, in bounded memory.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::sample::escaped;

/// Texts that are counted at once.
const COUNTERS: usize = 1_000;

/// Bytes of a text that are kept.
const LENGTH: usize = 200;

/// Counts texts by the algorithm of Misra and Gries: where no counter is free, each loses one. So every text that makes up
/// more than a thousandth of all is among the counted, and a count is too low by at most a thousandth of all.
#[derive(Debug, Default)]
pub(super) struct Commonest {
    counts: HashMap<Box<[u8]>, u64, RandomState>,
}

impl Commonest {
    /// Counts a text.
    pub(super) fn add(&mut self, text: &[u8]) {
        let text = text.get(..LENGTH).unwrap_or(text);
        if let Some(count) = self.counts.get_mut(text) {
            *count += 1;
            return;
        }
        if self.counts.len() < COUNTERS {
            self.counts.insert(text.into(), 1);
            return;
        }
        self.counts.retain(|_, count| {
            *count -= 1;
            *count > 0
        });
    }

    /// The commonest, most first, each with how often it came at least.
    pub(super) fn top(&self, limit: usize) -> Vec<(String, u64)> {
        let mut all: Vec<(&[u8], u64)> = self
            .counts
            .iter()
            .map(|(text, &count)| (&**text, count))
            .collect();
        all.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        all.into_iter()
            .take(limit)
            .map(|(text, count)| (escaped(text), count))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_often_is_found_among_what_comes_once() {
        let mut commonest = Commonest::default();
        for n in 0..100_000_u32 {
            commonest.add(format!("/once/{n}").as_bytes());
            if n % 10 == 0 {
                commonest.add(b"/often");
            }
            if n % 20 == 0 {
                commonest.add(b"/seldom\x1b");
            }
        }
        assert!(commonest.counts.len() <= COUNTERS);
        let top = commonest.top(2);
        assert_eq!(
            [top[0].0.as_str(), top[1].0.as_str()],
            ["/often", "/seldom\\u{1b}"]
        );
        assert!((9_800..=10_000).contains(&top[0].1), "{top:?}");
        let mut long = Commonest::default();
        long.add(&[b'a'; 10_000]);
        assert!(long.top(1)[0].0.len() <= LENGTH);
    }
}
