//! Imports the logs one after another, or takes them back, and reports.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;

use super::failure::Failure;
use super::importer::{Importer, Options};
use super::preview::Preview;
use super::report::Report;
use super::trial::Trial;
use super::undo::{UndoReport, undo};
use crate::app;
use crate::cli::LogFlags;
use crate::command::output::{print_error, print_line};
use crate::command::retry::retry_while_busy;
use crate::command::status::Status;
use crate::import::log::LogReader;
use crate::model::Sites;
use crate::rules::anonymous;
use crate::store::{Store, StoreOptions, StoreUrl};

pub(in crate::command) fn run(url: &StoreUrl, flags: LogFlags) -> anyhow::Result<Status> {
    let rules = StoreOptions {
        dedup_window: flags.dedup_window,
        ..StoreOptions::default()
    };
    let trial = flags.dry_run.then(|| Trial::of(url)).transpose()?;
    let url = trial.as_ref().map_or(url, Trial::url);
    let store = if flags.undo {
        app::open_existing_store(url)?
    } else {
        app::open_store(url, rules)?
    };
    let failed = if flags.undo {
        undo_all(&*store, &flags)?
    } else {
        import_all(store, flags)?
    };
    if trial.is_some() {
        print_line("this was a dry run: nothing was written");
    }
    Ok(Status::of_failures(failed))
}

/// Imports the logs, and returns how many failed.
fn import_all(store: Arc<dyn Store>, flags: LogFlags) -> anyhow::Result<u64> {
    let proposed = anonymous::random()?;
    let key =
        retry_while_busy(|| store.log_key(proposed)).context("cannot import into the store")?;
    let hosts = match flags.site.is_empty() {
        true => retry_while_busy(|| store.hosts()).context("cannot read the store")?,
        false => Sites(flags.site).hosts(),
    };
    let reader = LogReader::new(flags.paths, key, !hosts.is_empty());
    let options = Options {
        create: flags.create,
        assets: flags.assets,
        again: flags.again,
    };
    let mut import = Importer::new(Arc::clone(&store), reader, hosts, options);
    import.preview = flags.dry_run.then(Preview::default);
    let failed = each(&flags.files, "import", |file| import.import(file))?;
    import.report.failed = failed;
    if let Some(preview) = import.preview.take() {
        let table = preview.table(&*store).context("cannot read the copy")?;
        print_line(table);
    }
    let report = import.report;
    print_line(&report);
    if report.no_post > 0 && !flags.create {
        print_error(hint(&report));
    }
    Ok(failed)
}

/// Takes the logs back, and returns how many failed.
fn undo_all(store: &dyn Store, flags: &LogFlags) -> anyhow::Result<u64> {
    let mut report = UndoReport::default();
    report.failed = each(&flags.files, "take back", |file| {
        report.add(undo(store, file)?);
        Ok(())
    })?;
    print_line(&report);
    Ok(report.failed)
}

/// Does something with each log; a log that fails is reported and counted, and the others go on.
fn each(
    files: &[PathBuf],
    verb: &str,
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
                    "cannot {verb} {}; try again to go on where this stopped",
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
