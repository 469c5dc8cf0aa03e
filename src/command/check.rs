//! `viewtally check`: whether every number is the sum of the rows it is made of.

use std::ops::ControlFlow;

use super::Done;
use super::patience::retry_while_busy;
use crate::app;
use crate::store::StoreUrl;

pub(super) fn run(url: &StoreUrl, repair: bool) -> anyhow::Result<Done> {
    let store = app::open_existing_store(url)?;
    let count = retry_while_busy(|| {
        store.check(repair, &mut |difference| {
            println!("{difference}");
            ControlFlow::Continue(())
        })
    })?;
    Ok(match (count, repair) {
        (0, _) => {
            println!("every number is the sum of its rows");
            Done::Well
        }
        (_, true) => {
            println!("mended: {count}");
            Done::Well
        }
        (_, false) => {
            println!("differences: {count}; --repair mends them");
            Done::Partly
        }
    })
}
