//! The project's rules on its own source, README and tests.

mod fuzz_lock;
mod imports;
mod imports_found;
mod layout;
mod modules;
mod names;
mod readme;
mod source;
mod test_postgres;
mod test_proxy;
mod test_support;
mod tidy;
mod tokens;
