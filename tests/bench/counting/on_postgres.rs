//! The cases on a PostgreSQL: at full speed, and what an event costs as the load grows.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::bed::{Bed, Setup};
use crate::cases::{Bench, Plan, TICK, send_paced};
use crate::cpu::{cpu_time, cpu_time_of_family};
use crate::events::{Spread, Viewers};
use crate::figures::{Figures, Metric};
use crate::server::Postgres;

const FULL_SPEED: &str =
    "PostgreSQL on the same machine: channel to commit, two producers at full speed";
const LOADS: &str = "PostgreSQL on the same machine: what an event costs, flushed every 100 ms";

/// Events each tick.
const EACH_TICK: [usize; 5] = [1, 10, 50, 200, 500];

/// Viewers by name, and the length of a window.
const KINDS: [(&str, Viewers, Duration); 3] = [
    ("", Viewers::None, Duration::ZERO),
    (", new viewers", Viewers::Distinct, Duration::ZERO),
    (
        ", new viewers, dedup",
        Viewers::Distinct,
        Duration::from_secs(60),
    ),
];

/// Measures everything the plan wants, on one server.
pub fn run(plan: &Plan) -> Result<Figures> {
    let server = Postgres::start().context(crate::server::MISSING)?;
    let place = crate::database::Place::Postgres(server.create_database());
    let mut bed = Bed::at(place, 10_000)?;
    if let Some(queue) = &plan.queue {
        let queue = queue.parse().map_err(anyhow::Error::msg)?;
        bed = bed.behind(crate::queue::QueuePlace(queue));
    }
    let mut figures = Figures::default();
    for round in 1..=plan.rounds {
        let mut bench = Bench {
            plan,
            round,
            figures: &mut figures,
        };
        full_speed(&mut bench, &bed)?;
        loads(&mut bench, &bed, &server)?;
    }
    Ok(figures)
}

/// The same load for one counter and for two, with posts enough that a batch has thousands of rows.
fn full_speed(bench: &mut Bench<'_>, bed: &Bed) -> Result<()> {
    for (name, viewers, dedup_window) in KINDS {
        for counters in [1, 2] {
            let case = format!("10,000 posts, uniform{name}, counters: {counters}");
            let setup = Setup {
                counters,
                dedup_window,
                ..Setup::DEFAULT
            };
            let load = bench.load(Spread::Uniform, 10_000, viewers);
            bench.at_full_speed(FULL_SPEED, &case, bed, setup, load)?;
        }
    }
    Ok(())
}

/// The server's part is that of all its processes, whatever they do meanwhile.
fn loads(bench: &mut Bench<'_>, bed: &Bed, server: &Postgres) -> Result<()> {
    for (name, viewers, dedup_window) in KINDS {
        for (number, each_tick) in EACH_TICK.into_iter().enumerate() {
            let rate = each_tick * 1000 / TICK.as_millis() as usize;
            let case = format!("{rate} events/s, 10,000 posts, Zipf{name}");
            if !bench.plan.wants(LOADS, &case) {
                continue;
            }
            let mut load = bench.load(Spread::Zipf, 10_000, viewers);
            load.events = bench.plan.paced.div_duration_f64(TICK) as usize * each_tick;
            let events = load.events(bed.posts, 1000 + bench.round * 10 + number);
            let machinery = bed.start(Setup {
                dedup_window,
                ..Setup::DEFAULT
            })?;
            let before = (cpu_time()?, cpu_time_of_family(server.pid())?);
            send_paced(&machinery, &events, each_tick);
            let finished = machinery.finish(events.len())?;
            let after = (cpu_time()?, cpu_time_of_family(server.pid())?);
            let each = |cpu: Duration| cpu.as_secs_f64() / events.len() as f64;
            bench.note_commits(LOADS, &case, &finished)?;
            bench.note(LOADS, &case, Metric::Cpu, each(after.0 - before.0));
            bench.note(LOADS, &case, Metric::ServerCpu, each(after.1 - before.1));
            bench.tell();
        }
    }
    Ok(())
}
