//! Who viewed.

mod identity;
