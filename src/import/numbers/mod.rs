//! Numbers that other counters have exported: read row by row, and a row that is damaged does not keep the others.

mod archive;
mod csv_rows;
mod goatcounter;
mod leancloud;
mod lines;
mod plausible;
mod row;
mod system;
mod waline;
mod wordpress;

pub use row::{Item, NumberRow};
pub use system::NumbersFrom;
