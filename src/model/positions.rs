//! Places of events in a journal: which of them a batch holds, and which of them are committed.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A run of the server, from its start to its stop: the owner of one journal. Random, so that no two are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub i64);

/// A set of places in the journal of one run, counted in slots from its beginning. It is kept as ranges: events are
/// written and committed nearly in order, so that there are few.
///
/// Invariant: the ranges are in order, none is empty, and no two touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Positions {
    ranges: Vec<Range<u64>>,
}

/// The first of the places that no segment has. Events that find no segment ready are numbered from here on, so that it is
/// known of each whether it was committed; no run fills as many slots.
pub const FIRST_UNWRITTEN: u64 = 1 << 62;

impl Positions {
    /// Adds a range.
    pub fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        match self.ranges.last_mut() {
            // Nearly always.
            Some(last) if last.end == range.start => last.end = range.end,
            Some(last) if range.start < last.end => self.insert_within(range),
            _ => self.ranges.push(range),
        }
    }

    /// Adds a range that begins before the end of the last one.
    fn insert_within(&mut self, range: Range<u64>) {
        let first = self.ranges.partition_point(|known| known.end < range.start);
        let behind = self
            .ranges
            .partition_point(|known| known.start <= range.end);
        let touched = &self.ranges[first..behind];
        let start = touched
            .first()
            .map_or(range.start, |known| known.start.min(range.start));
        let end = touched
            .last()
            .map_or(range.end, |known| known.end.max(range.end));
        self.ranges
            .splice(first..behind, std::iter::once(start..end));
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Positions) {
        if self.is_empty() {
            self.ranges.clone_from(&other.ranges);
            return;
        }
        let mut all = std::mem::take(&mut self.ranges);
        all.extend(other.ranges.iter().cloned());
        all.sort_unstable_by_key(|range| range.start);
        for range in all {
            self.insert(range);
        }
    }

    /// What is in this set and not in `other`.
    pub fn without(&self, other: &Positions) -> Positions {
        let mut rest = Positions::default();
        let mut others = other.ranges.iter().peekable();
        for range in &self.ranges {
            let mut start = range.start;
            while let Some(hole) = others.peek() {
                if hole.start >= range.end {
                    break;
                }
                rest.insert(start..hole.start.max(start));
                start = start.max(hole.end);
                if hole.end > range.end {
                    break;
                }
                others.next();
            }
            rest.insert(start..range.end.max(start));
        }
        rest
    }

    /// Whether a place is in the set.
    pub fn contains(&self, place: u64) -> bool {
        let behind = self.ranges.partition_point(|known| known.start <= place);
        behind
            .checked_sub(1)
            .is_some_and(|at| place < self.ranges[at].end)
    }

    /// How many slots are in the set.
    pub fn len(&self) -> u64 {
        self.ranges
            .iter()
            .map(|range| range.end - range.start)
            .sum()
    }

    /// How many of them no segment has.
    pub fn unwritten(&self) -> u64 {
        let lengths = self
            .ranges
            .iter()
            .map(|range| range.end.saturating_sub(range.start.max(FIRST_UNWRITTEN)));
        lengths.sum()
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Its ranges, in order.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }
}

/// As the distance of each range from the end of the one before, and its length: small numbers, where these are written
/// in as many bytes as they need.
impl From<Positions> for Vec<(u64, u64)> {
    fn from(positions: Positions) -> Vec<(u64, u64)> {
        let mut before = 0;
        let pair = |range: &Range<u64>| {
            let gap = range.start - before;
            before = range.end;
            (gap, range.end - range.start)
        };
        positions.ranges.iter().map(pair).collect()
    }
}

impl TryFrom<Vec<(u64, u64)>> for Positions {
    type Error = &'static str;

    fn try_from(pairs: Vec<(u64, u64)>) -> Result<Positions, &'static str> {
        let mut positions = Positions::default();
        let mut end = 0_u64;
        for (at, (gap, length)) in pairs.into_iter().enumerate() {
            let start = end.checked_add(gap);
            let range = start.and_then(|start| Some(start..start.checked_add(length)?));
            match range {
                Some(range) if length > 0 && (gap > 0 || at == 0) => {
                    end = range.end;
                    positions.ranges.push(range);
                }
                _ => return Err("the ranges of positions are not in order"),
            }
        }
        Ok(positions)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn ranges() -> impl Strategy<Value = Vec<(u64, u64)>> {
        proptest::collection::vec((0..60_u64, 0..6_u64), 0..20)
    }

    fn build(ranges: &[(u64, u64)]) -> (Positions, BTreeSet<u64>) {
        let mut positions = Positions::default();
        let mut model = BTreeSet::new();
        for &(start, length) in ranges {
            positions.insert(start..start + length);
            model.extend(start..start + length);
        }
        (positions, model)
    }

    fn places(positions: &Positions) -> BTreeSet<u64> {
        positions.ranges().iter().cloned().flatten().collect()
    }

    proptest! {
        #[test]
        fn it_is_the_set_of_its_places(a in ranges(), b in ranges()) {
            let (mut first, mut model) = build(&a);
            let (second, other) = build(&b);
            prop_assert_eq!(places(&first), model.clone());
            let rest: BTreeSet<u64> = model.difference(&other).copied().collect();
            prop_assert_eq!(places(&first.without(&second)), rest);
            prop_assert!((0..70).all(|place| first.contains(place) == model.contains(&place)));
            first.extend(&second);
            model.extend(other);
            prop_assert_eq!(first.len(), model.len() as u64);
            prop_assert_eq!(places(&first), model);
            let touching = first.ranges().windows(2).any(|pair| pair[0].end >= pair[1].start);
            prop_assert!(!touching, "{:?}", first);
            let pairs: Vec<(u64, u64)> = first.clone().into();
            prop_assert_eq!(Positions::try_from(pairs), Ok(first));
        }
    }

    #[test]
    fn what_is_no_set_of_ranges_is_refused() {
        for bad in [vec![(0, 0)], vec![(3, 1), (0, 1)], vec![(u64::MAX, 2)]] {
            assert!(Positions::try_from(bad).is_err());
        }
    }
}
