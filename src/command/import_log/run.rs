//! Imports the logs one after another, and reports.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;

use super::failure::Failure;
use super::importer::{Importer, Options};
use super::report::Report;
use crate::app;
use crate::cli::LogFlags;
use crate::command::output::{print_error, print_line};
use crate::command::retry::retry_while_busy;
use crate::command::status::Status;
use crate::import::log::LogReader;
use crate::rules::anonymous;
use crate::store::{Store, StoreOptions, StoreUrl};

pub(in crate::command) fn run(url: &StoreUrl, flags: LogFlags) -> anyhow::Result<Status> {
    let rules = StoreOptions {
        dedup_window: flags.dedup_window,
        ..StoreOptions::default()
    };
    let store = app::open_store(url, rules)?;
    let failed = import_all(store, flags)?;
    Ok(Status::of_failures(failed))
}

/// Imports the logs, and returns how many failed.
fn import_all(store: Arc<dyn Store>, flags: LogFlags) -> anyhow::Result<u64> {
    let proposed = anonymous::random()?;
    let key =
        retry_while_busy(|| store.log_key(proposed)).context("cannot import into the store")?;
    let reader = LogReader::new(flags.paths, key);
    let options = Options {
        create: flags.create,
        assets: flags.assets,
        again: flags.again,
    };
    let mut import = Importer::new(store, reader, options);
    let failed = each(&flags.files, |file| import.import(file))?;
    import.report.failed = failed;
    let report = import.report;
    print_line(&report);
    if report.no_post > 0 && !flags.create {
        print_error(hint(&report));
    }
    Ok(failed)
}

/// Imports each log, and returns how many failed: a log that fails is reported, and the others go on.
fn each(
    files: &[PathBuf],
    mut work: impl FnMut(&PathBuf) -> Result<(), Failure>,
) -> anyhow::Result<u64> {
    let mut failed = 0;
    for file in files {
        match work(file) {
            Ok(()) => {}
            Err(Failure::Log(why)) => {
                failed += 1;
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
    Ok(failed)
}

/// What to try for reads of posts that are missing.
fn hint(report: &Report) -> &'static str {
    if report.views == 0 && report.uncounted.total() == 0 {
        "--create makes the posts that are missing"
    } else {
        "--create makes the posts that are missing; what was counted now, --again would count once more"
    }
}
