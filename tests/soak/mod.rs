//! Rounds of load with something going wrong in each, and after each the identity: answered is counted and in the ledger.

mod disturbance;
mod expected;
mod identity;
mod plan;
mod reader;
mod resources;
mod round;
mod run;
mod told;
