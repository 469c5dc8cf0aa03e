//! `viewtally serve`: start, wait for a signal, drain, report.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use flume::Receiver;

use super::import_posts;
use super::output::print_error;
use super::output::print_line;
use super::status::Status;
use crate::app;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::shutdown::Unwritten;

pub(super) fn run(config: &Config, exit_at_once: fn() -> !) -> anyhow::Result<Status> {
    if let Some(path) = &config.import {
        // Files that cannot be read are reported; the others are served.
        let report =
            import_posts::import(&config.store, std::slice::from_ref(path), config.max_body)?;
        tracing::info!("{report}");
    }
    let running = app::start(config)?;
    let stop = watch_signals(Arc::clone(running.metrics()), exit_at_once)?;
    print_line(format_args!("listening on http://{}", running.address()));
    // An error means that the signal handler is gone; then the server stops, too.
    let _ = stop.recv();
    tracing::info!("stopping: draining what is pending");
    let report = running.drain();
    print_line(&report);
    Ok(match report.unwritten {
        Unwritten::None => Status::Success,
        unwritten => Status::Unwritten(unwritten),
    })
}

/// Handles SIGINT, SIGTERM and SIGHUP: the first starts a drain, the second ends the process at once.
fn watch_signals(metrics: Arc<Metrics>, exit_at_once: fn() -> !) -> anyhow::Result<Receiver<()>> {
    let (stop, stopped) = flume::bounded(1);
    let draining = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if draining.swap(true, Ordering::SeqCst) {
            print_error(format_args!(
                "viewtally: stopped at once by a second signal; {} events were not written and are lost",
                metrics.pending()
            ));
            exit_at_once();
        }
        // The channel has room for one, and this is the only one.
        let _ = stop.try_send(());
    })
    .context("cannot watch for signals")?;
    Ok(stopped)
}
