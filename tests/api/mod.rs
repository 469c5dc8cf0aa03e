//! What a program that talks to the API relies on, on every path alike.

mod conventions;
mod corrections;
mod schemathesis;
