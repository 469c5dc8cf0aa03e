//! Several nodes on one PostgreSQL: they answer alike, ride out its faults, and count every view once.

mod agreement;
mod faults;
mod identity;
mod kills;
mod lost_answers;
mod moving;
mod network;
mod nodes;
mod outage;
mod readers;
mod shortages;
mod sign_in;
mod upgrades;
mod vanished;
