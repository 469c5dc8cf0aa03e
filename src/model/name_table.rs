//! Names, each kept once and known by a number.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::position_index::{POSITION_BYTES, PositionIndex};

/// What a name takes beside its text, in bytes: where it ends, and its place in the index.
const BYTES_BESIDE: usize = size_of::<usize>() + POSITION_BYTES;

/// A set of names. Each has a number, from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct NameTable {
    text: Text,
    index: PositionIndex,
    hasher: RandomState,
}

/// All names, one after the other.
#[derive(Clone, Debug, Default)]
struct Text {
    text: String,
    ends: Vec<usize>,
}

impl NameTable {
    /// The number of a name; a name that has none gets one.
    pub(super) fn intern(&mut self, name: &str) -> u32 {
        if let Some(number) = self.find(name) {
            return number;
        }
        let NameTable {
            text,
            index,
            hasher,
        } = self;
        let number = u32::try_from(text.ends.len()).expect("the names are fewer than four billion");
        text.text.push_str(name);
        text.ends.push(text.text.len());
        index.insert(hasher.hash_one(name), number, |known| {
            hasher.hash_one(text.at(known))
        });
        number
    }

    /// The number of a name, if it has one.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(name);
        self.index.find(hash, |number| self.get(number) == name)
    }

    /// The name that has this number.
    pub(super) fn get(&self, number: u32) -> &str {
        self.text.at(number)
    }

    /// How much memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.text.text.len() + self.text.ends.len() * BYTES_BESIDE
    }
}

impl Text {
    fn at(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number() {
        let mut names = NameTable::default();
        let given: Vec<String> = (0..1000).map(|n| format!("näme {n}")).collect();
        for _ in 0..2 {
            for (number, name) in (0_u32..).zip(&given) {
                assert_eq!(names.intern(name), number);
                assert_eq!(names.get(number), name);
            }
        }
        assert_eq!(names.find("näme 999"), Some(999));
        assert_eq!(names.find(""), None);
        assert_eq!((names.intern(""), names.get(1000)), (1000, ""));
        let text: usize = given.iter().map(String::len).sum();
        assert_eq!(names.bytes(), text + 1001 * BYTES_BESIDE);
    }
}
