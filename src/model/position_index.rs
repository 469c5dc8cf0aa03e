//! Finds positions in a vector by the hashes of what is there.
//!
//! Many small tables in place of a large one: each grows by itself, so that no insertion waits for all positions to move,
//! and no more than one table exists twice at a time.

use hashbrown::HashTable;

/// How many tables. One of eight million positions would be moved for a tenth of a second, one of these for milliseconds.
const TABLES: usize = 32;

/// What a position takes, in bytes: four, and one for the table, which is half empty at worst.
pub(super) const POSITION_BYTES: usize = 12;

/// Positions by hash.
#[derive(Clone, Debug)]
pub(super) struct PositionIndex {
    tables: [HashTable<u32>; TABLES],
}

impl Default for PositionIndex {
    fn default() -> PositionIndex {
        PositionIndex {
            tables: std::array::from_fn(|_| HashTable::new()),
        }
    }
}

impl PositionIndex {
    /// The position of what has this hash and `is_it`.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let table = &self.tables[table_of(hash)];
        table.find(hash, |&position| is_it(position)).copied()
    }

    /// Inserts a position that is not here. `hash_at` gives the hash of what is at any position.
    pub(super) fn insert(&mut self, hash: u64, position: u32, hash_at: impl Fn(u32) -> u64) {
        let table = &mut self.tables[table_of(hash)];
        table.insert_unique(hash, position, |&known| hash_at(known));
    }

    /// Puts a position in the place of one that is here.
    pub(super) fn replace(&mut self, hash: u64, old: u32, new: u32) {
        let table = &mut self.tables[table_of(hash)];
        if let Some(position) = table.find_mut(hash, |&known| known == old) {
            *position = new;
        }
    }

    /// Removes everything, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.tables.iter_mut().for_each(HashTable::clear);
    }
}

/// The table of a hash, by bits that the table itself does not use first.
fn table_of(hash: u64) -> usize {
    (hash >> 40) as usize % TABLES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_found_until_it_is_replaced() {
        let hash = |value: u32| u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut index = PositionIndex::default();
        for value in 0..10_000 {
            index.insert(hash(value), value, hash);
        }
        let find = |index: &PositionIndex, value| index.find(hash(value), |known| known == value);
        assert!((0..10_000).all(|value| find(&index, value) == Some(value)));
        assert_eq!(find(&index, 10_000), None);
        index.replace(hash(7), 7, 20_000);
        assert_eq!(find(&index, 7), None);
        assert_eq!(index.find(hash(7), |known| known == 20_000), Some(20_000));
        index.clear();
        assert!((0..10_000).all(|value| find(&index, value).is_none()));
    }
}
