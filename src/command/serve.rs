//! `viewtally serve`: start, wait for a signal, drain, report.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::Context;
use flume::Receiver;

use super::greeting::Greeting;
use super::import_posts;
use super::output::print_error;
use super::output::print_line;
use super::service_manager::ServiceManager;
use super::status::Status;
use crate::allocator;
use crate::app;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::shutdown::Unwritten;
use crate::store::StoreOptions;

/// How long after the first signal another one is a repeat of it: `timeout`, process groups and wrappers send two.
const REPEATS: Duration = Duration::from_secs(1);

pub(super) fn run(config: &Config, exit_at_once: fn() -> !) -> anyhow::Result<Status> {
    // First: what follows has threads.
    allocator::give_back_large_blocks();
    if let Some(path) = &config.import {
        // Files that cannot be read are reported; the others are served.
        let store = app::open_at_start(&config.store, StoreOptions::default())?;
        let report = import_posts::import(&*store, std::slice::from_ref(path), config.max_body)?;
        tracing::info!("{report}");
    }
    let running = app::start(config)?;
    let stop = watch_signals(
        Arc::clone(running.metrics()),
        running.has_journal(),
        exit_at_once,
    )?;
    print_line(format_args!("listening on http://{}", running.address()));
    match Greeting::read(config, running.store(), running.address()) {
        Ok(greeting) => print_line(greeting),
        // It serves all the same.
        Err(error) => tracing::warn!(%error, "cannot read what to say of the store"),
    }
    let manager =
        ServiceManager::ready(running.address()).context("cannot start the watchdog's thread")?;
    // An error means that the signal handler is gone; then the server stops, too.
    let _ = stop.recv();
    manager.stopping();
    tracing::info!("stopping: draining what is pending");
    let report = running.drain();
    print_line(&report);
    Ok(match report.unwritten {
        Unwritten::None => Status::Success,
        unwritten => Status::Unwritten(unwritten),
    })
}

/// Handles SIGINT, SIGTERM and SIGHUP: the first starts a drain, one that comes later than its repeats may ends the
/// process at once.
fn watch_signals(
    metrics: Arc<Metrics>,
    has_journal: bool,
    exit_at_once: fn() -> !,
) -> anyhow::Result<Receiver<()>> {
    let (stop, stopped) = flume::bounded(1);
    let first = OnceLock::new();
    ctrlc::set_handler(move || {
        if first.get_or_init(Instant::now).elapsed() >= REPEATS {
            let kept = match has_journal {
                true => "wait in the journal for the next start",
                false => "are lost",
            };
            print_error(format_args!(
                "viewtally: stopped at once by a second signal; {} events were not written and {kept}",
                metrics.pending()
            ));
            exit_at_once();
        }
        // The channel has room for one: a repeat changes nothing.
        let _ = stop.try_send(());
    })
    .context("cannot watch for signals")?;
    Ok(stopped)
}
