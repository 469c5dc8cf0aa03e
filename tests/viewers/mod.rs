//! Who viewed.

mod forgetting;
mod identity;
