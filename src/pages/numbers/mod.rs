//! Numbers as people read them: the dashboard of the site, and what it is made of.

pub mod dashboard;
pub mod live;
pub mod post_stats;

mod address;
mod chart;
mod codes;
mod correction_row;
mod figures;
mod ranges;
mod referrers;
mod removal_form;
mod rows;
mod sparkline;
mod time_range;
mod totals;
mod uncounted;

pub use correction_row::range;
pub use removal_form::{Removal, RemovalForm};
