//! `viewtally import log`: counts web servers' access logs, each line at its own time.
//!
//! A log is identified by its content. Each batch commits how far its log is imported, so that the next import continues
//! where the last one was stopped, or where the log then ended.

#[cfg(test)]
#[path = "../../../tests/counting/any_order.rs"]
mod any_order;
mod comparison;
mod failure;
mod importer;
mod position;
mod preview;
mod progress;
mod report;
mod run;
mod trial;
mod undo;
mod verdict;

pub(super) use run::run;
pub(super) use trial::Trial;
