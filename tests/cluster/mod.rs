//! Several nodes on one PostgreSQL: they answer alike, ride out its faults, and count every view once.

mod agreement;
mod faults;
pub mod identity;
pub mod kills;
mod lost_answers;
mod moving;
mod network;
pub mod nodes;
mod outage;
pub mod readers;
mod shortages;
mod sign_in;
mod upgrades;
mod vanished;
