//! The bytes that a case is made of. Beyond their end there are zeros.

/// What is left of them.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// At most so many bytes.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    pub fn number(&mut self) -> u64 {
        let mut eight = [0; 8];
        let bytes = self.bytes(8);
        eight[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(eight)
    }

    /// A place among so many, at most 65,536.
    pub fn place(&mut self, places: usize) -> usize {
        let place = u16::from_le_bytes([self.byte(), self.byte()]);
        usize::from(place) % places.max(1)
    }
}
