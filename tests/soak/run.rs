//! The soak: rounds of every kind in turn, for as long as asked.
//!
//! `VIEWTALLY_SOAK_MINUTES` says how long; without it each kind has one round. `VIEWTALLY_SOAK_SEED` begins with this
//! seed: a failing round prints its own, and keeps its folder.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::plan::{Kind, Plan};
use super::round::play;
use crate::support::Home;

/// After so many failures more would not help to find the fault.
const ENOUGH_FAILURES: usize = 5;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no whole number: {text}")),
    )
}

/// The first seed of a run: none is played twice, whatever is left out.
fn first_seed() -> u64 {
    let asked = setting("VIEWTALLY_SOAK_SEED");
    asked.unwrap_or_else(|| fastrand::u64(..1_000_000) * 1_000)
}

#[test]
#[ignore = "slow: make soak MINUTES=n"]
fn every_round_is_exact() {
    let time = setting("VIEWTALLY_SOAK_MINUTES").map(|minutes| Duration::from_secs(60 * minutes));
    let (start, mut rounds, mut failures) = (Instant::now(), BTreeMap::new(), Vec::new());
    let goes_on = |seconds: Duration| time.is_some_and(|time| seconds < time);
    let mut seed = first_seed();
    loop {
        for kind in Kind::ALL {
            let plan = Plan::new(kind, seed);
            seed += 1;
            let home = Home::new();
            match catch_unwind(AssertUnwindSafe(|| play(plan, &home))) {
                Ok(Some(said)) => {
                    println!("{:4.0} s  {plan:?}: {said}", start.elapsed().as_secs_f64());
                    *rounds.entry(kind).or_insert(0) += 1;
                }
                Ok(None) => {}
                Err(_) => {
                    let folder = home.keep();
                    let failure = format!("{plan:?}, kept in {}", folder.display());
                    println!("FAILED  {failure}");
                    failures.push(failure);
                }
            }
            let is_over = time.is_some() && !goes_on(start.elapsed());
            if is_over || failures.len() >= ENOUGH_FAILURES {
                break;
            }
        }
        if !goes_on(start.elapsed()) || failures.len() >= ENOUGH_FAILURES {
            break;
        }
    }
    println!("exact rounds: {rounds:?}");
    assert!(
        failures.is_empty(),
        "{} rounds failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(!rounds.is_empty(), "no round could be played");
}
