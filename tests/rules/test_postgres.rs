//! The private PostgreSQL of the tests held true itself.

use std::time::Duration;

use crate::support::postgres::{self, Postgres};
use crate::support::{let_pass, missing};

fn number(postgres: &Postgres, sql: &str) -> i64 {
    postgres
        .psql("postgres", sql)
        .parse()
        .expect("a whole number")
}

#[test]
fn postgres_keeps_what_was_committed_through_stop_and_kill() {
    let Some(postgres) = Postgres::start() else {
        return missing(postgres::MISSING);
    };
    postgres.psql("postgres", "CREATE TABLE kept (number INTEGER)");
    let mut expected = 0;
    for end in [Postgres::stop, Postgres::kill] {
        postgres.psql("postgres", "INSERT INTO kept VALUES (1)");
        expected += 1;
        end(&postgres);
        assert!(postgres.try_psql("postgres", "SELECT 1").is_err());
        postgres.start_again();
        assert_eq!(number(&postgres, "SELECT count(*) FROM kept"), expected);
    }
    assert_eq!(postgres.psql("postgres", "SHOW server_encoding"), "UTF8");
    let first = postgres.create_database();
    assert_ne!(first, postgres.create_database());
    assert!(first.ends_with(&format!(":{}/viewtally_0", postgres.port())));
}

#[test]
fn postgres_loses_no_commit_when_its_standby_is_promoted() {
    let Some(first) = Postgres::start() else {
        return missing(postgres::MISSING);
    };
    first.psql("postgres", "CREATE TABLE kept (number INTEGER)");
    let second = first.standby();
    first.replicate_synchronously();
    first.psql("postgres", "INSERT INTO kept VALUES (1)");
    let refused = second.try_psql("postgres", "INSERT INTO kept VALUES (2)");
    assert!(refused.is_err_and(|error| error.contains("read-only")));
    first.kill();
    second.promote();
    second.configure("synchronous_standby_names", "");
    second.psql("postgres", "INSERT INTO kept VALUES (2)");
    assert_eq!(number(&second, "SELECT count(*) FROM kept"), 2);
}

#[test]
fn postgres_stands_still_and_goes_on() {
    let Some(postgres) = Postgres::start() else {
        return missing(postgres::MISSING);
    };
    postgres.freeze();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| number(&postgres, "SELECT 1"));
        let_pass(Duration::from_millis(300));
        assert!(!asked.is_finished(), "it was answered");
        postgres.go_on();
        assert_eq!(asked.join().expect("it is answered"), 1);
    });
}

#[test]
fn shared_postgres_is_one() {
    let Some(postgres) = postgres::shared() else {
        return missing(postgres::MISSING);
    };
    let again = postgres::shared().expect("it was there");
    assert_eq!(postgres.port(), again.port());
    assert_ne!(postgres.create_database(), again.create_database());
}
