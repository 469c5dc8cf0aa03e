//! Numbers as people read them: the dashboard of the site, and what it is made of.

pub mod dashboard;
pub mod live;
pub mod post_stats;

mod address;
mod chart;
mod codes;
mod figures;
mod ranges;
mod rows;
mod sparkline;
mod time_range;
mod totals;
mod uncounted;
