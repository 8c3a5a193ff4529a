//! Which events of a block have a word.

use crate::JournalError;

/// Numbers of events in a block. More would not fit into a page of the file as bits; fewer would be more blocks to look into.
pub(crate) const BLOCK: i64 = 4_096;
const PARTS: usize = 64;
const BYTES: usize = PARTS * 8;

/// A set of places in a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bits([u64; PARTS]);

/// The block of an event, and its place in it.
pub(crate) fn place_of(seq: i64) -> (i64, u16) {
    let place = u16::try_from(seq.rem_euclid(BLOCK)).unwrap_or_default();
    (seq.div_euclid(BLOCK), place)
}

impl Bits {
    pub(crate) const NONE: Self = Self([0; PARTS]);

    /// The places of those events from `from` to `upto` that are in the block.
    pub(crate) fn between(block: i64, from: i64, upto: i64) -> Self {
        let begin = block * BLOCK;
        if from <= begin && upto >= begin + BLOCK - 1 {
            return Self([u64::MAX; PARTS]);
        }
        let mut bits = Self::NONE;
        for seq in from.max(begin)..=upto.min(begin + BLOCK - 1) {
            bits.set(place_of(seq).1);
        }
        bits
    }

    pub(crate) fn set(&mut self, place: u16) {
        if let Some(part) = self.0.get_mut(usize::from(place / 64)) {
            *part |= 1 << (place % 64);
        }
    }

    pub(crate) fn has(&self, place: u16) -> bool {
        let part = self.0.get(usize::from(place / 64));
        part.is_some_and(|part| part & (1 << (place % 64)) != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|part| *part == 0)
    }

    pub(crate) fn or(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own |= other);
    }

    pub(crate) fn and(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own &= other);
    }

    pub(crate) fn without(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own &= !other);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|part| u64::from(part.count_ones())).sum()
    }

    /// The newest of them, so many.
    pub(crate) fn newest(&self, number: usize) -> Self {
        let mut newest = Self::NONE;
        self.newest_first().take(number).for_each(|place| newest.set(place));
        newest
    }

    /// Adds what stands in a row.
    pub(crate) fn add(&mut self, stored: &[u8]) -> Result<(), JournalError> {
        if stored.len() == BYTES {
            for (part, bytes) in self.0.iter_mut().zip(stored.as_chunks().0) {
                *part |= u64::from_le_bytes(*bytes);
            }
            return Ok(());
        }
        let (places, rest) = stored.as_chunks();
        if !rest.is_empty() || stored.len() > BYTES {
            return Err(JournalError::Row("a word's events".into()));
        }
        for place in places {
            self.set(u16::from_le_bytes(*place));
        }
        Ok(())
    }

    /// As it stands in a row: as places where these are fewer bytes.
    pub(crate) fn stored(&self) -> Vec<u8> {
        if usize::try_from(self.count()).is_ok_and(|number| number * 2 >= BYTES) {
            return self.0.iter().flat_map(|part| part.to_le_bytes()).collect();
        }
        let mut places: Vec<u16> = self.newest_first().collect();
        places.reverse();
        places.into_iter().flat_map(u16::to_le_bytes).collect()
    }

    /// The places, the highest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = u16> {
        (0..u16::try_from(PARTS).unwrap_or_default()).rev().flat_map(|at| {
            let mut part = self.0.get(usize::from(at)).copied().unwrap_or_default();
            std::iter::from_fn(move || {
                let bit = part.checked_ilog2()?;
                part &= !(1 << bit);
                Some(at * 64 + u16::try_from(bit).unwrap_or_default())
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn what_is_stored_comes_back(places in proptest::collection::btree_set(0_u16..4096, 0..600)) {
            let mut bits = Bits::NONE;
            for place in &places {
                bits.set(*place);
            }
            let stored = bits.stored();
            prop_assert!(stored.len() <= BYTES);
            let mut back = Bits::NONE;
            back.add(&stored).unwrap();
            prop_assert!(back == bits);
            prop_assert_eq!(back.newest_first().collect::<Vec<_>>(), places.into_iter().rev().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_row_that_is_cut_off_is_said() {
        let mut bits = Bits::NONE;
        assert!(bits.add(&[1]).is_err());
        assert!(bits.add(&[0; BYTES + 2]).is_err());
    }

    #[test]
    fn a_stretch_is_cut_at_its_block() {
        let bits = Bits::between(1, 4_000, 4_098);
        assert_eq!(bits.newest_first().collect::<Vec<_>>(), [2, 1, 0]);
        assert!(Bits::between(2, 4_000, 4_098).is_empty());
    }
}
