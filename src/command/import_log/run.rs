//! Imports the logs one after another, and reports.

use anyhow::Context;

use super::failure::Failure;
use super::importer::Importer;
use super::report::Report;
use crate::app;
use crate::cli::LogFlags;
use crate::command::output::{print_error, print_line};
use crate::command::retry::retry_while_busy;
use crate::command::status::Status;
use crate::import::log::LogReader;
use crate::rules::anonymous;
use crate::store::{StoreOptions, StoreUrl};

pub(in crate::command) fn run(url: &StoreUrl, flags: LogFlags) -> anyhow::Result<Status> {
    let rules = StoreOptions {
        dedup_window: flags.dedup_window,
        ..StoreOptions::default()
    };
    let store = app::open_store(url, rules)?;
    let proposed = anonymous::random()?;
    let key =
        retry_while_busy(|| store.log_key(proposed)).context("cannot import into the store")?;
    let reader = LogReader::new(flags.paths, key);
    let mut import = Importer::new(store, reader, flags.create, flags.again);
    for file in &flags.files {
        match import.import(file) {
            Ok(()) => {}
            Err(Failure::Log(why)) => {
                import.report.failed += 1;
                print_error(format_args!("{}: {why}", file.display()));
            }
            Err(Failure::Store(error)) => {
                return Err(anyhow::Error::new(error).context(format!(
                    "cannot import {}; import it again to go on where this stopped",
                    file.display()
                )));
            }
        }
    }
    let report = import.report;
    print_line(&report);
    if report.no_post > 0 && !flags.create {
        print_error(hint(&report));
    }
    Ok(Status::of_failures(report.failed))
}

/// What to try for reads of posts that are missing.
fn hint(report: &Report) -> &'static str {
    if report.views == 0 && report.uncounted.total() == 0 {
        "--create makes the posts that are missing"
    } else {
        "--create makes the posts that are missing; what was counted now, --again would count once more"
    }
}
