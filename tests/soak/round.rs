//! One round: a server under load, something that goes wrong, and the reckoning.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::disturbance::disturb;
use super::expected::Expected;
use super::identity::{self, Facts};
use super::plan::{Kind, Plan};
use super::reader::{POSTS, Readers};
use super::resources::Resources;
use super::told::Told;
use crate::support::clock::FakeClock;
use crate::support::small_disk::SmallDisk;
use crate::support::{Home, Server, Signal};

/// How long a stop may take. Not the bound that `--drain-timeout` sets, which other tests hold: where all processors are
/// busy, a thread that has work for a few milliseconds may wait for half a minute, and only the sums matter here.
const STOP_LIMIT: Duration = Duration::from_secs(180);

/// A round under way.
pub struct Stage<'a> {
    pub plan: Plan,
    pub home: &'a Home,
    pub readers: Readers,
    pub facts: Facts,
    /// What the first server had before its load.
    resources: Resources,
    server: Option<Server>,
    disk: Option<SmallDisk>,
    clock: Option<FakeClock>,
    address: SocketAddr,
    /// What the servers that came to an end said they had written; `None` once one did not say.
    written: Option<i64>,
}

/// Plays a round. `None` where the machine lacks what it needs; otherwise a line about it.
pub fn play(plan: Plan, home: &Home) -> Option<String> {
    let disk = match plan.kind.needs_small_disk() {
        true => Some(SmallDisk::below(home, "128m")?),
        false => None,
    };
    let clock = match plan.kind {
        Kind::ClockSteps => Some(FakeClock::below(home)?),
        _ => None,
    };
    let any = "127.0.0.1:0".parse().expect("an address");
    let server = launch(&plan, home, disk.as_ref(), clock.as_ref(), any);
    for post in 0..POSTS {
        server.create(&format!("post-{post}"), &"text ".repeat(50));
    }
    let resources = Resources::of(&server);
    let mut stage = Stage {
        plan,
        home,
        readers: Readers::start(server.address, plan.seed),
        facts: Facts::default(),
        resources,
        address: server.address,
        server: Some(server),
        disk,
        clock,
        written: Some(0),
    };
    stage.readers.read_for(Duration::from_millis(400));
    disturb(&mut stage);
    stage.readers.read_for(Duration::from_millis(400));
    Some(stage.reckon())
}

fn launch(
    plan: &Plan,
    home: &Home,
    disk: Option<&SmallDisk>,
    clock: Option<&FakeClock>,
    address: SocketAddr,
) -> Server {
    let mut launch = home
        .serve()
        .flags(&plan.flags())
        .flag("--listen", &address.to_string());
    if let Some(disk) = disk {
        let file = disk.path().join("viewtally.db");
        launch = launch.flag("--store", &format!("sqlite:{}", file.display()));
    }
    if let Some(clock) = clock {
        launch = clock.over(launch);
    }
    launch.start()
}

impl Stage<'_> {
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a server between restarts")
    }

    pub fn disk(&self) -> &SmallDisk {
        self.disk.as_ref().expect("a small disk for this kind")
    }

    pub fn set_clock(&self, seconds: i64) {
        let clock = self.clock.as_ref().expect("a clock for this kind");
        clock.set(self.server(), seconds);
    }

    pub fn database(&self) -> PathBuf {
        match &self.disk {
            Some(disk) => disk.path().join("viewtally.db"),
            None => self.home.database_file(),
        }
    }

    /// Ends the server by signals, in the middle of the load, and starts the next one.
    pub fn restart(&mut self, code: Option<i32>, end: impl FnOnce(&Server, Signal)) {
        self.stop_and_start(code, end, || {});
    }

    /// The same with something to do in between.
    pub fn stop_and_start(
        &mut self,
        code: Option<i32>,
        end: impl FnOnce(&Server, Signal),
        between: impl FnOnce(),
    ) {
        let server = self.server.take().expect("a server between restarts");
        end(&server, self.plan.signal);
        self.note(server, code);
        between();
        let (disk, clock) = (self.disk.as_ref(), self.clock.as_ref());
        self.server = Some(launch(&self.plan, self.home, disk, clock, self.address));
        self.readers.read_for(Duration::from_millis(300));
    }

    fn note(&mut self, server: Server, code: Option<i32>) {
        let finished = server.wait_within(STOP_LIMIT);
        assert_eq!(finished.code, code, "{finished:?}");
        let told = Told::by(&finished);
        self.facts.lost += told.lost;
        let all = told.written.zip(self.written).filter(|_| told.kept == 0);
        self.written = all.map(|(written, before)| written + before);
    }

    /// Ends the load, looks at what the server keeps of it, stops it and checks what was written.
    fn reckon(mut self) -> String {
        let all = self.readers.finish();
        let server = self.server.take().expect("a server between restarts");
        let memory = self.resources.are_back(&server);
        server.signal(self.plan.signal);
        let finished = server.wait_within(STOP_LIMIT);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let told = Told::by(&finished);
        let written = told.written.zip(self.written);
        self.facts.written = written.map(|(written, before)| written + before);
        let expected = Expected::of(&all);
        identity::check(&self.plan, &self.database(), &expected, &self.facts);
        let store = format!("sqlite:{}", self.database().display());
        let checked = self.home.run_bare(&["check", "--store", &store]);
        assert_eq!(checked.code, Some(0), "{checked:?}");
        format!("{}, {memory} KiB at rest", expected.summary())
    }
}
