//! The proxy before a database held true itself.

use std::time::{Duration, Instant};

use crate::support::postgres::{self, Postgres};
use crate::support::proxy::{Fault, Proxy};
use crate::support::{let_pass, missing, until};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// An instance with a table, and a proxy before it.
fn behind_a_proxy() -> Option<(Postgres, Proxy)> {
    let Some(postgres) = Postgres::start() else {
        missing(postgres::MISSING);
        return None;
    };
    postgres.psql("postgres", "CREATE TABLE kept (number INTEGER)");
    let proxy = Proxy::start(postgres.port());
    Some((postgres, proxy))
}

fn insert(postgres: &Postgres, proxy: &Proxy) -> Result<String, String> {
    let statements = ["BEGIN", "INSERT INTO kept VALUES (1)", "COMMIT"];
    postgres.try_psql_at(&proxy.url("postgres"), &statements)
}

fn kept(postgres: &Postgres) -> String {
    postgres.psql("postgres", "SELECT count(*) FROM kept")
}

#[test]
fn commits_are_carried_out_and_their_answers_cut_off() {
    let Some((postgres, proxy)) = behind_a_proxy() else {
        return;
    };
    proxy.set(Fault::CutCommits { one_in: 2 });
    for round in 1..=3 {
        assert!(insert(&postgres, &proxy).is_err(), "the answer arrives");
        assert_eq!(kept(&postgres), (2 * round - 1).to_string());
        insert(&postgres, &proxy).expect("only one in two is cut");
        assert_eq!(proxy.cuts(), round);
    }
    let rolled_back = ["BEGIN", "SELECT 1/0", "COMMIT"];
    assert!(
        postgres
            .try_psql_at(&proxy.url("postgres"), &rolled_back)
            .is_err_and(|error| error.contains("division by zero"))
    );
}

#[test]
fn commits_are_lost_and_their_transactions_stay_open() {
    let Some((postgres, proxy)) = behind_a_proxy() else {
        return;
    };
    proxy.set(Fault::LoseCommits);
    std::thread::scope(|scope| {
        let inserted = scope.spawn(|| insert(&postgres, &proxy));
        until("a commit is lost", || proxy.cuts() == 1);
        let open = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'";
        until("its transaction is open", || {
            postgres.psql("postgres", open) == "1"
        });
        proxy.reset_all();
        assert!(inserted.join().expect("no panic").is_err());
        until("it is rolled back", || {
            postgres.psql("postgres", open) == "0"
        });
    });
    assert_eq!(kept(&postgres), "0");
}

#[test]
fn faults_begin_and_end() {
    let Some((postgres, proxy)) = behind_a_proxy() else {
        return;
    };
    let ask = || postgres.try_psql_at(&proxy.url("postgres"), &["SELECT 1"]);
    assert_eq!(ask().as_deref(), Ok("1"));

    proxy.set(Fault::Refuse);
    until("nobody listens", || {
        ask().is_err_and(|error| error.contains("refused"))
    });
    proxy.set(Fault::None);
    until("somebody listens", || ask().is_ok());

    proxy.set(Fault::Delay(MS(100)));
    let start = Instant::now();
    assert_eq!(ask().as_deref(), Ok("1"));
    // The start of a connection and a query: at least two ways there and two back.
    assert!(start.elapsed() > MS(400), "{:?}", start.elapsed());

    proxy.set(Fault::Partition);
    std::thread::scope(|scope| {
        let asked = scope.spawn(ask);
        let_pass(MS(300));
        assert!(!asked.is_finished(), "it was answered");
        proxy.set(Fault::None);
        assert_eq!(asked.join().expect("no panic").as_deref(), Ok("1"));
    });
}

#[test]
fn connections_are_swallowed_for_good_and_reset() {
    let Some((postgres, proxy)) = behind_a_proxy() else {
        return;
    };
    let ask = || postgres.try_psql_at(&proxy.url("postgres"), &["SELECT pg_sleep(0.3)"]);
    std::thread::scope(|scope| {
        let asked = scope.spawn(ask);
        until("psql is connected", || proxy.connections() == 1);
        proxy.set(Fault::BlackHole);
        let_pass(MS(100));
        proxy.set(Fault::None);
        let_pass(MS(500));
        assert!(!asked.is_finished(), "it was answered");
        assert!(ask().is_ok(), "a later connection is served");
        proxy.reset_all();
        assert!(asked.join().expect("no panic").is_err());
    });
    until("all are closed", || proxy.connections() == 0);
}
