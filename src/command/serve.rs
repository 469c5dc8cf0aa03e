//! `viewtally serve`: start, wait for a signal, drain, report.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use flume::Receiver;

use super::{Done, import_posts};
use crate::app;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::shutdown::Unwritten;

/// Exit code after a second signal: 128 + SIGINT, as shells have it.
const SECOND_SIGNAL: i32 = 130;

pub(super) fn run(config: &Config) -> anyhow::Result<Done> {
    if let Some(path) = &config.import {
        // What cannot be read is reported, and does not keep the rest from being served.
        let report =
            import_posts::import(&config.store, std::slice::from_ref(path), config.max_body)?;
        tracing::info!("{report}");
    }
    let running = app::start(config)?;
    let stop = watch_signals(Arc::clone(running.metrics()))?;
    say(&format!("listening on http://{}", running.address()));
    // An error would mean that the signal handler is gone: then stopping is right as well.
    let _ = stop.recv();
    tracing::info!("stopping: draining what is pending");
    let report = running.drain();
    say(&report.to_string());
    Ok(match report.unwritten {
        Unwritten::None => Done::Well,
        unwritten => Done::Unwritten(unwritten),
    })
}

/// Prints a line for whoever started this, who may have gone.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// SIGINT, SIGTERM and SIGHUP alike: the first asks for a drain, the second ends the process at once.
fn watch_signals(metrics: Arc<Metrics>) -> anyhow::Result<Receiver<()>> {
    let (stop, stopped) = flume::bounded(1);
    let draining = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if draining.swap(true, Ordering::SeqCst) {
            eprintln!(
                "viewtally: stopped at once by a second signal; {} events were not written and are lost",
                metrics.pending()
            );
            std::process::exit(SECOND_SIGNAL);
        }
        // It holds one, and this is the only one.
        let _ = stop.try_send(());
    })
    .context("cannot watch for signals")?;
    Ok(stopped)
}
