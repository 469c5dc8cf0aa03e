//! `viewtally import leancloud`, `goatcounter`, `waline`, `plausible`, `wordpress`: the numbers that another counter has
//! exported.

mod collected;
mod report;
mod run;

pub(super) use run::run;
