//! No lost updates: every 200 a client received is in the database, as a view or in the ledger, exactly.

use std::time::Duration;

use crate::support::{Home, Load, Signal, until};

/// How readers and counters meet in one run.
struct Run {
    clients: usize,
    before_signal: Duration,
    counters: &'static str,
    overflow: &'static str,
    capacity: &'static str,
}

impl Run {
    /// Reads under load, stops the server in the middle of it, and compares what was received with what was written.
    fn holds(&self) {
        let name = format!(
            "{} counters, {}, channel of {}",
            self.counters, self.overflow, self.capacity
        );
        let home = Home::new();
        let server = home
            .serve()
            .flag("--counters", self.counters)
            .flag("--overflow", self.overflow)
            .flag("--queue-capacity", self.capacity)
            .start();
        let slugs: Vec<String> = (0..20).map(|number| format!("post-{number}")).collect();
        for slug in &slugs {
            server.create(slug, &"text ".repeat(100));
        }
        let paths: Vec<String> = slugs.iter().map(|slug| format!("/posts/{slug}")).collect();
        let load = Load::start(server.address, self.clients, &paths);
        load.run_for(self.before_signal);
        let is_small = self.capacity == "8";
        if is_small {
            until("the channel is full now and then", || {
                server.metric("channel_full_total") > 0
            });
        }
        server.signal(Signal::Int);
        // The middle of the load: clients go on, as far as they are let.
        load.run_for(self.before_signal);
        let finished = server.wait();
        let result = load.finish();
        assert_eq!(finished.code, Some(0), "{name}: {finished:?}");
        assert_eq!(result.unexpected, [0; 0], "{name}");
        let mut database = home.database();
        database.assert_sound();
        let (views, ledger, dropped) = (
            database.views(),
            database.ledger(),
            database.uncounted("dropped"),
        );
        println!(
            "{name}: {}; counted {views}, dropped {dropped}",
            result.latencies()
        );
        assert_eq!(
            views + ledger,
            result.answered(),
            "{name}: {views} views and {ledger} in the ledger"
        );
        assert_eq!(
            ledger, dropped,
            "{name}: nothing but an overflow keeps these from being counted"
        );
        if self.overflow == "shed" && is_small {
            assert!(dropped > 0, "{name}: a full channel sheds");
        } else {
            assert_eq!(dropped, 0, "{name}: only a full channel under shed drops");
        }
        let hours = database
            .number("SELECT coalesce(sum(views), 0) AS number FROM hourly_views WHERE post <> 0");
        assert_eq!(hours, views, "{name}: the hours add up to the total");
    }
}

/// One short run for each counter count and channel.
fn quick(overflow: &'static str) {
    for (counters, capacity) in [("1", "65536"), ("4", "8")] {
        let before_signal = Duration::from_millis(300);
        Run {
            clients: 16,
            before_signal,
            counters,
            overflow,
            capacity,
        }
        .holds();
    }
}

#[test]
fn coalesce_loses_nothing_when_stopped_under_load() {
    quick("coalesce");
}

#[test]
fn shed_accounts_for_everything_when_stopped_under_load() {
    quick("shed");
}

#[test]
fn wait_loses_nothing_when_stopped_under_load() {
    quick("wait");
}

/// The measure: 64 clients, SIGINT in the middle, for each count of counters and each channel. Twenty times
/// each, with ten seconds of reading, takes half an hour: `make test-thorough`; a few shorter ones do for every day.
fn stops(overflow: &'static str) {
    let thorough = std::env::var_os("VIEWTALLY_THOROUGH").is_some();
    let (rounds, before_signal) = if thorough {
        (20, Duration::from_secs(5))
    } else {
        (2, Duration::from_secs(2))
    };
    for _ in 0..rounds {
        for counters in ["1", "4"] {
            for capacity in ["65536", "8"] {
                Run {
                    clients: 64,
                    before_signal,
                    counters,
                    overflow,
                    capacity,
                }
                .holds();
            }
        }
    }
}

#[test]
#[ignore = "slow: make test-long"]
fn stops_under_load_account_for_every_answer_under_coalesce() {
    stops("coalesce");
}

#[test]
#[ignore = "slow: make test-long"]
fn stops_under_load_account_for_every_answer_under_shed() {
    stops("shed");
}

#[test]
#[ignore = "slow: make test-long"]
fn stops_under_load_account_for_every_answer_under_wait() {
    stops("wait");
}
