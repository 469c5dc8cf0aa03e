//! Names: each thing has the field's term for it, and the terms of before are gone.

use super::source::{Source, below};
use super::tokens::tokens;

/// A name that is gone, what stands in its place, and the folders in which the word means something else.
struct Gone {
    name: &'static str,
    now: &'static str,
    except: &'static [&'static str],
}

const fn gone(name: &'static str, now: &'static str) -> Gone {
    Gone {
        name,
        now,
        except: &[],
    }
}

const fn gone_but_in(
    name: &'static str,
    now: &'static str,
    except: &'static [&'static str],
) -> Gone {
    Gone { name, now, except }
}

/// Identifiers that no source file may have.
///
/// Left out are words that the standard library, a dependency or the field itself uses for what they mean there, so
/// that only a reader can tell: `next`, `clear`, `lost`, `full`, `cycle`, `End`, `json`, `page`, `ops`, `inside`,
/// `raise`, `turn`, `come`, `forget`, `ended`; `Entry` and `Take`, which are types of std; `Problem`, which RFC 9457
/// has; `Applied`, which the design gives to a batch that was counted. Whole identifiers are compared, so
/// `WorkerPool` is no `Pool`.
const GONE: &[Gone] = &[
    gone_but_in("Pool", "Server, WorkerPool or CounterPool", &["src/store"]),
    gone("Crew", "WorkerPool"),
    gone("crew", "workers, or the pool's handles"),
    gone("held_up", "enter_blocking"),
    gone("HeldUp", "BlockingGuard"),
    gone("write_off", "abandon"),
    gone("Desk", "StoreQueue"),
    gone("desk", "store_queue"),
    gone("Errand", "QueuedRequest"),
    gone("run_errands", "run_queued"),
    gone("attend", "serve_connection, or run"),
    gone("send_home", "reject_queued"),
    gone("Gate", "InFlight"),
    gone("Pass", "RequestGuard"),
    gone("Parking", "Poller"),
    gone("parking", "poller"),
    gone("Place", "Slot, or FileLocation"),
    gone("Ticket", "Token"),
    gone("Newcomers", "Event::Accept"),
    gone("newcomers", "accept_pending"),
    gone("Arrival", "Readiness"),
    gone("Watch", "DeadlineMonitor"),
    gone("Seat", "WorkerState"),
    gone("Seats", "WorkerRegistry"),
    gone("end_late", "close_expired"),
    gone("Then", "Next"),
    gone("Park", "Wait"),
    gone("GoOn", "Continue"),
    gone("Ask", "NeedsStore"),
    gone("How", "Mode"),
    gone("AtOnce", "CacheOnly"),
    gone("Waiting", "MayBlock, or QueueDepth"),
    gone("Overdue", "TimedOut"),
    gone("Answered", "Reply"),
    gone("Needs", "Plan"),
    gone("TheStore", "Plan::Store"),
    gone("Scratch", "WorkerBuffers"),
    gone("Arrived", "HeadStatus"),
    gone("begins_well", "is_valid_prefix"),
    gone("is_ours", "is_http_1"),
    gone("Seen", "PeekResult, or ViewedPost"),
    gone("next_number", "predict_fd"),
    gone("find_other", "scan_fds"),
    gone("refusing", "accept_failing"),
    gone("Service", "SiteState"),
    gone("Asked", "SeriesQuery"),
    gone("judge", "classify"),
    gone("of_many", "site_views"),
    gone("note_view", "record_view"),
    gone("settle", "discard_unread"),
    gone("TagBuffer", "ETag"),
    gone("Intake", "EventSender"),
    gone("about_to_wait", "before_block"),
    gone("Doorbell", "Wakeup"),
    gone("doorbell", "wakeup"),
    gone("ring", "notify"),
    gone("Pressure", "Saturation"),
    gone("quiet_for", "calm_for"),
    gone("look_every", "depth_check_every"),
    gone("wake_at", "wake_threshold"),
    gone("gather", "fill_batch"),
    gone("OverflowRule", "OverflowPolicy"),
    gone("Settings", "CounterConfig"),
    gone("ENTRIES_WHILE_AWAY", "MAX_RETRY_ENTRIES"),
    gone("Tally", "PostStats"),
    // There it is the channel's iterator, a type of flume.
    gone_but_in("Drain", "DrainRecord", &["src/counter"]),
    gone("Difference", "Inconsistency"),
    gone("NotAsked", "OptedOut"),
    gone("Millis", "TimestampMs"),
    gone("Tell", "RowSink"),
    gone_but_in("Rules", "StoreOptions", &["src/rules"]),
    gone("trouble", "failure"),
    gone("edited", "invalidate"),
    gone("begun", "writes_started"),
    gone("Kept", "Snapshot"),
    gone("bell", "wakeup, or refresh"),
    gone("is_right", "is_current"),
    gone("FEW", "INLINE_ROWS"),
    gone("SHARE", "COST_FACTOR"),
    gone("Keeper", "Maintenance"),
    gone("keeper", "maintenance"),
    gone("look", "tick"),
    gone("Allowed", "FdBudget"),
    gone("LAST_WORDS", "JOIN_TIMEOUT"),
    gone("KnownAnswers", "HistogramCache"),
    gone("Done", "Status"),
    gone("Well", "Success"),
    gone("Partly", "Partial"),
    gone("patience", "retry"),
    gone("patiently", "retry_while_busy"),
    gone("say", "print_line"),
    // There it is an offset, of the client library.
    gone_but_in("Beginning", "LogPrefix", &["src/queue/kafka"]),
    gone("Known", "ImportedPrefix"),
    gone("make_room", "evict"),
];

/// Files whose names are gone, without their folder's name where they may stand in any.
const GONE_FILES: &[&str] = &[
    "crew.rs",
    "desk.rs",
    "gate.rs",
    "parking.rs",
    "watch.rs",
    "sockets.rs",
    "service.rs",
    "doorbell.rs",
    "pressure.rs",
    "keeper.rs",
    "patience.rs",
    "descriptors.rs",
    "api/json.rs",
    "api/ops.rs",
    "api/page.rs",
    "api/history.rs",
    "counter/thread.rs",
    "store/views.rs",
    "store/history.rs",
    "store/lists.rs",
    "store/logs.rs",
    "store/prepared.rs",
    "store/check.rs",
];

/// `path:line: name, now …` of every identifier that is gone.
fn left(source: &Source) -> Vec<String> {
    tokens(&source.text)
        .iter()
        .filter_map(|token| {
            let gone = GONE.iter().find(|gone| gone.name == token.text)?;
            let elsewhere = gone.except.iter().any(|folder| source.is_below(folder));
            (!elsewhere).then(|| {
                format!(
                    "{}:{}: {}, now {}",
                    source.path, token.line, gone.name, gone.now
                )
            })
        })
        .collect()
}

#[test]
fn no_name_of_before_is_left() {
    let left: Vec<String> = below("src").iter().flat_map(left).collect();
    assert!(
        left.is_empty(),
        "{} names:\n{}",
        left.len(),
        left.join("\n")
    );
}

#[test]
fn no_file_has_a_name_of_before() {
    let left: Vec<String> = below("src")
        .into_iter()
        .map(|source| source.path)
        .filter(|path| {
            GONE_FILES
                .iter()
                .any(|gone| path.ends_with(&format!("/{gone}")))
        })
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn whole_names_are_found_in_code_alone() {
    let source = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let text = "// Pool\nstruct WorkerPool;\nfn f(_: Pool) { say!(\"Pool\"); self.pool() }\n";
    assert_eq!(
        left(&source("src/server/workers.rs", text)),
        [
            "src/server/workers.rs:3: Pool, now Server, WorkerPool or CounterPool",
            "src/server/workers.rs:3: say, now print_line",
        ]
    );
    assert_eq!(
        left(&source("src/store/sqlite.rs", "type P = r2d2::Pool<M>;")),
        [""; 0]
    );
}
