//! `viewtally check`: checks that each number is the sum of its rows.

use std::ops::ControlFlow;

use super::journal_note::JournalNote;
use super::output::print_line;
use super::retry::retry_while_busy;
use super::status::Status;
use crate::app;
use crate::store::StoreUrl;

pub(super) fn run(url: &StoreUrl, repair: bool) -> anyhow::Result<Status> {
    let store = app::open_existing_store(url)?;
    let count = retry_while_busy(|| {
        store.check(repair, &mut |difference| {
            print_line(difference);
            ControlFlow::Continue(())
        })
    })?;
    if let Some(note) = JournalNote::read(url, &*store)? {
        print_line(note);
    }
    Ok(match (count, repair) {
        (0, _) => {
            print_line("every number is the sum of its rows");
            Status::Success
        }
        (_, true) => {
            print_line(format_args!("mended: {count}"));
            Status::Success
        }
        (_, false) => {
            print_line(format_args!("differences: {count}; --repair mends them"));
            Status::Partial
        }
    })
}
