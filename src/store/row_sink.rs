//! Where a store puts rows that are too many to collect.

use std::ops::ControlFlow;

/// Takes one row after the other, until it breaks.
pub type RowSink<'a, T> = &'a mut dyn FnMut(T) -> ControlFlow<()>;
