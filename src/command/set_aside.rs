//! `viewtally set-aside`: the messages of a queue that could not be counted, and what is to become of them.

use serde::Serialize;

use super::output::{print_error, print_line};
use super::status::Status;
use crate::app;
use crate::cli::SetAsideFlags;
use crate::model::SetAside;
use crate::queue;
use crate::store::{Store, StoreUrl};

/// Messages read at once.
const STEP: usize = 100;

pub(super) fn run(url: &StoreUrl, flags: &SetAsideFlags) -> anyhow::Result<Status> {
    let store = app::open_existing_store(url)?;
    match (flags.retry.as_slice(), flags.drop.as_slice()) {
        ([], []) => list(&*store, flags.json),
        (retried, []) => retry(&*store, retried),
        (_, dropped) => drop_all(&*store, dropped),
    }
}

/// A message, as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    queue: &'a str,
    partition: u32,
    position: &'a str,
    at: String,
    reason: &'a str,
    bytes: i64,
    kept: bool,
}

fn list(store: &dyn Store, json: bool) -> anyhow::Result<Status> {
    let mut after = 0;
    loop {
        let messages = store.set_aside(after, STEP)?;
        let Some(last) = messages.last() else {
            break;
        };
        if after == 0 && !json {
            print_line("    ID  WHEN                  WHERE");
        }
        after = last.id;
        for message in &messages {
            match json {
                true => print_line(serde_json::to_string(&line(message))?),
                false => print_message(message),
            }
        }
    }
    if after == 0 && !json {
        print_line("nothing is set aside");
    }
    Ok(Status::Success)
}

fn line(message: &SetAside) -> Line<'_> {
    Line {
        id: message.id,
        queue: &message.queue,
        partition: message.partition,
        position: &message.position,
        at: message.at.to_string(),
        reason: &message.reason,
        bytes: message.length,
        kept: message.is_kept,
    }
}

fn print_message(message: &SetAside) {
    let SetAside {
        id,
        queue,
        partition,
        position,
        at,
        reason,
        length,
        is_kept,
        ..
    } = message;
    let lost = if *is_kept { "" } else { ", not kept" };
    print_line(format_args!(
        "{id:>6}  {at}  {queue} {partition}/{position} ({length} bytes{lost})\n        {reason}"
    ));
}

fn retry(store: &dyn Store, ids: &[i64]) -> anyhow::Result<Status> {
    let database = store.database_id()?;
    let mut status = Status::Success;
    for &id in ids {
        match queue::retry(store, database, id) {
            Ok(delivered) if delivered.repeated > 0 => {
                print_line(format_args!("message {id} had been counted already"));
            }
            Ok(delivered) => {
                let events = delivered.result.counted + delivered.result.uncounted.total();
                print_line(format_args!("message {id}: {events} views counted"));
            }
            Err(error) => {
                print_error(format_args!("viewtally: {error}; --drop {id} drops it"));
                status = Status::Partial;
            }
        }
    }
    Ok(status)
}

fn drop_all(store: &dyn Store, ids: &[i64]) -> anyhow::Result<Status> {
    let mut status = Status::Success;
    for &id in ids {
        match store.drop_set_aside(id)? {
            true => print_line(format_args!("message {id} is dropped")),
            false => {
                print_error(format_args!("viewtally: there is no message {id}"));
                status = Status::Partial;
            }
        }
    }
    Ok(status)
}
