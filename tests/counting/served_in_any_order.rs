//! The window is a set, by the executable: reads under a clock that is set anywhere, logs imported meanwhile, restarts and
//! kills come to the size of the set of post, viewer and window. `any_order` does a thousand inside the process.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use fastrand::Rng;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::support::clock::FakeClock;
use crate::support::{Home, Server, Signal, until};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const POSTS: usize = 3;
const READERS: usize = 4;

/// Windows by their flag, in seconds.
const WINDOWS: [(&str, i64); 3] = [("1h", HOUR), ("3h", 3 * HOUR), ("24h", DAY)];

/// A read: viewer, post, time in seconds. A log's reader is another viewer each day.
type Read = ((&'static str, usize, i64), usize, i64);

struct Sequence<'a> {
    home: &'a Home,
    clock: FakeClock,
    random: Rng,
    window: (&'static str, i64),
    server: Option<Server>,
    reads: Vec<Read>,
    logs: usize,
}

/// Plays the sequence of a seed; nothing where there is no clock to set.
fn play(seed: u64) {
    let home = Home::new();
    let Some(clock) = FakeClock::below(&home) else {
        return;
    };
    let mut random = Rng::with_seed(seed);
    let window = WINDOWS[random.usize(..WINDOWS.len())];
    let mut sequence = Sequence {
        home: &home,
        clock,
        random,
        window,
        server: None,
        reads: Vec::new(),
        logs: 0,
    };
    sequence.start();
    for post in 0..POSTS {
        sequence.server().create(&format!("p{post}"), "text");
    }
    for _ in 0..6 {
        match sequence.random.u32(..6) {
            0 => sequence.restart(Signal::Term, Some(0)),
            1 => sequence.restart(Signal::Kill, None),
            2 | 3 => sequence.import(),
            _ => sequence.serve(),
        }
    }
    sequence.serve();
    let finished = sequence.server.take().expect("a server").stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    sequence.assert_is_the_set(seed);
}

impl Sequence<'_> {
    fn server(&self) -> &Server {
        self.server.as_ref().expect("a server")
    }

    fn start(&mut self) {
        let counters = if self.random.bool() { "1" } else { "4" };
        let launch = self.home.serve().flags(&[
            ("--dedup-window", self.window.0),
            ("--counters", counters),
            ("--flush-every", "10ms"),
        ]);
        self.server = Some(self.clock.over(launch).start());
    }

    fn restart(&mut self, signal: Signal, code: Option<i32>) {
        if matches!(signal, Signal::Kill) {
            // What is committed a kill cannot take.
            until("all events are written", || pending(self.server()) == 0);
        }
        let server = self.server.take().expect("a server");
        server.signal(signal);
        let finished = server.wait();
        assert_eq!(finished.code, code, "{finished:?}");
        self.start();
    }

    /// A time of the days around now, in the middle of an hour: no session reaches the hour's end.
    fn time(&mut self) -> i64 {
        let hours = Timestamp::now().as_second() / HOUR + self.random.i64(-40..40);
        hours * HOUR + HOUR / 2
    }

    /// Reads over several connections, at one setting of the clock.
    fn serve(&mut self) {
        let time = self.time();
        let offset = time - Timestamp::now().as_second();
        self.clock.set(self.server(), offset);
        let mut clients: Vec<_> = (0..4).map(|_| self.server().connect()).collect();
        for turn in 0..self.random.usize(1..60) {
            let (reader, post) = (self.random.usize(..READERS), self.random.usize(..POSTS));
            let (name, path) = (format!("reader-{reader}"), format!("/posts/p{post}"));
            let client = &mut clients[turn % 4];
            let answer = client.request("GET", &path, &[("Viewer-Id", &name)], b"");
            assert_eq!(answer.status, 200);
            self.reads.push((("served", reader, 0), post, time));
        }
    }

    /// A log in random order, imported while the server runs; perhaps before it has grown, too.
    fn import(&mut self) {
        self.logs += 1;
        let file = format!("access-{}.log", self.logs);
        let (lines, start) = (self.random.usize(1..60), self.time());
        let grown = self.random.usize(1..=lines);
        let mut log = String::new();
        for number in 0..lines {
            if number == grown {
                self.home.write(&file, &log);
                self.import_file(&file);
            }
            let (reader, post) = (self.random.usize(..READERS), self.random.usize(..POSTS));
            let time = start + self.random.i64(-40 * HOUR..40 * HOUR);
            let at = Timestamp::from_second(time)
                .expect("in the calendar")
                .to_zoned(TimeZone::UTC);
            let at = at.strftime("%d/%b/%Y:%H:%M:%S %z");
            writeln!(
                log,
                "192.0.2.{reader} - - [{at}] \"GET /p{post}?{file} HTTP/1.1\" 200 1 \"-\" \"Firefox\""
            )
            .expect("a String takes it");
            self.reads
                .push((("logged", reader, time.div_euclid(DAY)), post, time));
        }
        self.home.write(&file, &log);
        self.import_file(&file);
    }

    fn import_file(&self, file: &str) {
        let finished = self
            .home
            .run(&["import", "log", file, "--dedup-window", self.window.0]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }

    fn assert_is_the_set(&self, seed: u64) {
        let set: BTreeSet<_> = self
            .reads
            .iter()
            .map(|&(viewer, post, time)| (viewer, post, time.div_euclid(self.window.1)))
            .collect();
        let viewers: BTreeSet<_> = self
            .reads
            .iter()
            .map(|&(viewer, post, _)| (viewer, post))
            .collect();
        let mut database = self.home.database();
        let found = [
            database.views(),
            database.uncounted("duplicate"),
            database.number("SELECT sum(viewers) AS number FROM counts"),
        ];
        let wanted = [set.len(), self.reads.len() - set.len(), viewers.len()];
        assert_eq!(
            found,
            wanted.map(|number| number as i64),
            "the sequence of seed {seed}"
        );
        assert_eq!(self.home.run(&["check"]).code, Some(0));
    }
}

/// Events that were sent to the counters and are not written.
fn pending(server: &Server) -> i64 {
    let metrics = server.get("/metrics").text();
    let sum = |name: &str| -> i64 {
        let samples = metrics.lines().filter(|line| line.starts_with(name));
        samples
            .filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok())
            .sum()
    };
    sum("viewtally_events_sent_total ") - sum("viewtally_events_total{")
}

#[test]
fn a_sequence_in_any_order_counts_as_the_set_does() {
    play(1);
}

#[test]
#[ignore = "slow: make test-long"]
fn many_sequences_in_any_order_count_as_the_set_does() {
    for seed in 2..22 {
        println!("the sequence of seed {seed}");
        play(seed);
    }
}
