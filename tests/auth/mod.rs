//! Who may write.

mod token;
