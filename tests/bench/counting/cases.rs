//! The cases: what is sent, to which database, with which counters.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::bed::{Bed, Finished, Machinery, Setup};
use crate::cpu::cpu_time;
use crate::events::{Load, Spread, Viewers};
use crate::figures::{Figures, Metric};
use crate::internals::ViewEvent;

const THROUGHPUT: &str = "Channel to commit, two producers at full speed";
const DRAIN: &str = "Draining what is pending";
const COMMIT: &str = "Commits under 20,000 events/s, flushed every 100 ms";
const GROWTH: &str = "Growth with posts and with the database";

/// What is to be measured.
pub struct Plan {
    pub rounds: usize,
    pub only: Option<String>,
    /// PostgreSQL instead of SQLite.
    pub postgres: bool,
    /// A queue before the database.
    pub queue: Option<String>,
    quick: bool,
    events: usize,
    pending: usize,
    autocommit: Duration,
    pub paced: Duration,
}

impl Plan {
    pub fn new(quick: bool) -> Self {
        Self {
            rounds: if quick { 1 } else { 3 },
            only: None,
            postgres: false,
            queue: None,
            quick,
            events: if quick { 50_000 } else { 1_000_000 },
            pending: if quick { 100_000 } else { 1_000_000 },
            autocommit: Duration::from_millis(if quick { 200 } else { 1000 }),
            paced: Duration::from_millis(if quick { 500 } else { 3000 }),
        }
    }

    pub fn wants(&self, group: &str, case: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|word| case.contains(word) || group.contains(word))
    }

    fn most_posts(&self) -> usize {
        if self.quick { 20_000 } else { 1_000_000 }
    }
}

/// Measures everything the plan wants.
pub fn run(plan: &Plan, dir: &Path) -> Result<Figures> {
    if plan.postgres {
        #[cfg(feature = "postgres")]
        return crate::on_postgres::run(plan);
        #[cfg(not(feature = "postgres"))]
        anyhow::bail!("it is built without; try cargo bench --features postgres");
    }
    let few = Bed::new(dir, 10_000)?;
    let many = Bed::new(dir, plan.most_posts())?;
    let mut figures = Figures::default();
    for round in 1..=plan.rounds {
        let mut bench = Bench {
            plan,
            round,
            figures: &mut figures,
        };
        bench.throughput(&few, &many)?;
        bench.drain(&few, &many)?;
        bench.commits(&few)?;
        bench.growth(&few, &many, dir)?;
    }
    Ok(figures)
}

/// One round at work.
pub struct Bench<'a> {
    pub plan: &'a Plan,
    pub round: usize,
    pub figures: &'a mut Figures,
}

impl Bench<'_> {
    fn throughput(&mut self, few: &Bed, many: &Bed) -> Result<()> {
        let most = self.plan.most_posts();
        let shapes = [
            ("1 hot post", few, Spread::Hot, 1),
            ("10,000 posts, Zipf", few, Spread::Zipf, 10_000),
            (
                "all posts of a million, uniform",
                many,
                Spread::Uniform,
                most,
            ),
        ];
        for (name, bed, spread, posts) in shapes {
            for counters in [1, 2, 4] {
                let case = format!("{name}, counters: {counters}");
                let setup = Setup {
                    counters,
                    ..Setup::DEFAULT
                };
                self.at_full_speed(
                    THROUGHPUT,
                    &case,
                    bed,
                    setup,
                    self.load(spread, posts, Viewers::None),
                )?;
            }
        }
        let minute = Duration::from_secs(60);
        for (name, viewers, dedup_window) in [
            ("new viewers", Viewers::Distinct, Duration::ZERO),
            ("new viewers, dedup", Viewers::Distinct, minute),
            ("returning viewers", Viewers::Returning, Duration::ZERO),
            ("returning viewers, dedup", Viewers::Returning, minute),
        ] {
            let case = format!("10,000 posts, Zipf, {name}");
            let setup = Setup {
                dedup_window,
                ..Setup::DEFAULT
            };
            let mut load = self.load(Spread::Zipf, 10_000, viewers);
            load.events /= 4;
            self.at_full_speed(THROUGHPUT, &case, few, setup, load)?;
        }
        let case = "one autocommitted UPDATE for each view";
        if self.plan.wants(THROUGHPUT, case) {
            let events = self
                .load(Spread::Zipf, 10_000, Viewers::None)
                .events(few.posts, self.round);
            let each = few.autocommit(&events, self.plan.autocommit)?;
            self.note(THROUGHPUT, case, Metric::Rate, 1.0 / each.as_secs_f64());
            self.tell();
        }
        Ok(())
    }

    pub fn at_full_speed(
        &mut self,
        group: &'static str,
        case: &str,
        bed: &Bed,
        setup: Setup,
        load: Load,
    ) -> Result<()> {
        if !self.plan.wants(group, case) {
            return Ok(());
        }
        let events = load.events(bed.posts, self.round);
        let machinery = bed.start(setup)?;
        let (started, cpu) = (Instant::now(), cpu_time()?);
        machinery.send(&events);
        let finished = machinery.finish(events.len())?;
        let took = finished.at - started;
        let rate = events.len() as f64 / took.as_secs_f64();
        self.note(group, case, Metric::Rate, rate);
        self.note_commits(group, case, &finished)?;
        let cpu = (cpu_time()? - cpu).as_secs_f64() / events.len() as f64;
        self.note(group, case, Metric::Cpu, cpu);
        self.tell();
        Ok(())
    }

    /// As if the database had been locked: one batch is held back while the channel fills, then all of it is let go
    /// and the server stops.
    fn drain(&mut self, few: &Bed, many: &Bed) -> Result<()> {
        let most = self.plan.most_posts();
        for (name, bed, spread, posts) in [
            ("1 hot post", few, Spread::Hot, 1),
            ("10,000 posts, Zipf", few, Spread::Zipf, 10_000),
            (
                "100,000 posts of a million, Zipf",
                many,
                Spread::Zipf,
                most / 10,
            ),
            (
                "all posts of a million, uniform",
                many,
                Spread::Uniform,
                most,
            ),
        ] {
            let case = format!("{} pending, {name}", self.plan.pending);
            if !self.plan.wants(DRAIN, &case) {
                continue;
            }
            let mut load = self.load(spread, posts, Viewers::None);
            load.events = self.plan.pending;
            let events = load.events(bed.posts, self.round);
            let machinery = bed.start(Setup {
                queue_capacity: events.len(),
                ..Setup::DEFAULT
            })?;
            let (first, rest) = events.split_at(1);
            machinery.meter.hold();
            machinery.send(first);
            machinery.meter.wait_until_holding();
            machinery.send(rest);
            let started = Instant::now();
            machinery.meter.release();
            let finished = machinery.finish(events.len())?;
            let took = (finished.at - started).as_secs_f64();
            self.note(DRAIN, &case, Metric::DrainRecord, took);
            let commits: Duration = finished.commits.iter().map(|commit| commit.took).sum();
            self.note(DRAIN, &case, Metric::InCommits, commits.as_secs_f64());
            self.tell();
        }
        Ok(())
    }

    fn commits(&mut self, bed: &Bed) -> Result<()> {
        const EACH_TICK: usize = 100;
        for (name, viewers) in [("", Viewers::None), (", new viewers", Viewers::Distinct)] {
            let case = format!("10,000 posts, Zipf{name}");
            if !self.plan.wants(COMMIT, &case) {
                continue;
            }
            let ticks = self.plan.paced.div_duration_f64(TICK) as usize;
            let mut load = self.load(Spread::Zipf, 10_000, viewers);
            load.events = ticks * EACH_TICK;
            let events = load.events(bed.posts, self.round + 100);
            let machinery = bed.start(Setup::DEFAULT)?;
            send_paced(&machinery, &events, EACH_TICK);
            let finished = machinery.finish(events.len())?;
            self.note_commits(COMMIT, &case, &finished)?;
            self.tell();
        }
        Ok(())
    }

    fn growth(&mut self, few: &Bed, many: &Bed, dir: &Path) -> Result<()> {
        let mut load = self.load(Spread::Uniform, 100, Viewers::None);
        load.events = self.plan.events / 4;
        let mut posts = 100;
        while posts <= self.plan.most_posts() {
            let case = format!("uniform over {posts} posts, of {}", many.posts);
            load.posts = posts;
            self.grown(&case, many, load)?;
            posts *= 10;
        }
        load.posts = 10_000;
        self.grown("uniform over 10,000 posts, of as many", few, load)?;
        let hours = if self.plan.quick { 10 } else { 500 };
        let case = format!("uniform over 10,000 posts, of as many, with {hours} hours of history");
        if self.plan.wants(GROWTH, &case) {
            let folder = tempfile::tempdir_in(dir)?;
            let old = Bed::new(folder.path(), 10_000)?;
            old.run(&format!(
                "WITH RECURSIVE h (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM h WHERE i < {hours})
                 INSERT INTO hourly_views (post, hour, views)
                 SELECT id, 1700000000000 + h.i * 3600000, 1 FROM posts, h ORDER BY id, h.i;
                 UPDATE counts SET views = {hours};"
            ))?;
            self.grown(&case, &old, load)?;
        }
        Ok(())
    }

    fn grown(&mut self, case: &str, bed: &Bed, load: Load) -> Result<()> {
        if !self.plan.wants(GROWTH, case) {
            return Ok(());
        }
        let events = load.events(bed.posts, self.round + 200);
        let machinery = bed.start(Setup::DEFAULT)?;
        let started = Instant::now();
        machinery.send(&events);
        let finished = machinery.finish(events.len())?;
        let took = finished.at - started;
        let rate = events.len() as f64 / took.as_secs_f64();
        self.note(GROWTH, case, Metric::Rate, rate);
        self.note_commits(GROWTH, case, &finished)?;
        self.tell();
        Ok(())
    }

    pub fn load(&self, spread: Spread, posts: usize, viewers: Viewers) -> Load {
        Load {
            spread,
            posts,
            viewers,
            events: self.plan.events,
        }
    }

    pub fn note_commits(&mut self, group: &'static str, case: &str, run: &Finished) -> Result<()> {
        let mut times: Vec<Duration> = run.commits.iter().map(|commit| commit.took).collect();
        times.sort_unstable();
        let at = |share: f64| {
            let place = ((times.len() as f64 * share).ceil() as usize).saturating_sub(1);
            times.get(place).map(|time| time.as_secs_f64())
        };
        let nothing = "there was no commit";
        self.note(group, case, Metric::CommitP50, at(0.5).context(nothing)?);
        self.note(group, case, Metric::CommitP99, at(0.99).context(nothing)?);
        let events: u64 = run.commits.iter().map(|commit| commit.events).sum();
        let each = events as f64 / run.commits.len() as f64;
        self.note(group, case, Metric::BatchEvents, each);
        Ok(())
    }

    pub fn note(&mut self, group: &'static str, case: &str, metric: Metric, value: f64) {
        self.figures.note(group, case, metric, value);
    }

    pub fn tell(&self) {
        if let Some(line) = self.figures.last() {
            eprintln!("round {}/{}: {line}", self.round, self.plan.rounds);
        }
    }
}

/// Between two bursts of a paced load.
pub const TICK: Duration = Duration::from_millis(5);

/// Sends so many events each tick.
pub fn send_paced(machinery: &Machinery, events: &[ViewEvent], each_tick: usize) {
    let mut due = Instant::now();
    for tick in events.chunks(each_tick) {
        machinery.send(tick);
        due += TICK;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}
