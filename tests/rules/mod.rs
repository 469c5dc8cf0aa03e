//! The project's rules on its own source, README and tests.

mod readme;
mod test_support;
mod tidy;
