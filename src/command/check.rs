//! `viewtally check`: checks that each number is the sum of its rows, and that rows agree with each other.

use std::ops::ControlFlow;

use super::output::print_line;
use super::pending_note::PendingNote;
use super::retry::retry_while_busy;
use super::status::Status;
use crate::app;
use crate::model::Checked;
use crate::store::StoreUrl;

pub(super) fn run(url: &StoreUrl, repair: bool) -> anyhow::Result<Status> {
    let store = app::open_existing_store(url)?;
    let checked = retry_while_busy(|| {
        store.check(repair, &mut |difference| {
            print_line(difference);
            ControlFlow::Continue(())
        })
    })?;
    if let Some(note) = PendingNote::read(url, &*store)? {
        print_line(note);
    }
    let Checked { found, left } = checked;
    Ok(match (found, left, repair) {
        (0, ..) => {
            print_line("every number is the sum of its rows");
            Status::Success
        }
        (_, 0, true) => {
            print_line(format_args!("mended: {found}"));
            Status::Success
        }
        (_, _, true) => {
            let mended = found.saturating_sub(left);
            print_line(format_args!(
                "mended: {mended}; left: {left}, which no row tells how to mend"
            ));
            Status::Partial
        }
        (_, _, false) => {
            print_line(format_args!(
                "differences: {found}; --repair mends what can be mended"
            ));
            Status::Partial
        }
    })
}
