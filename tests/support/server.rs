//! Starts the real executable in a temporary directory and holds on to it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::http::TOKEN;
use super::process::{Finished, Running, Signal};
use super::{Client, Database, Response, WAIT_LIMIT, is_root, missing, until};

/// A directory of its own for a database and whatever else one test needs; gone when dropped.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(
            tempfile::Builder::new()
                .prefix("viewtally-")
                .tempdir()
                .expect("a temporary directory"),
        )
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The database file that [`Home::serve`] and [`Home::run`] use.
    pub fn database_file(&self) -> PathBuf {
        self.path().join("viewtally.db")
    }

    pub fn database(&self) -> Database {
        Database::open(&self.database_file())
    }

    /// Writes a file below the home, with the folders it needs.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// A server to be, on port 0, over this home's database, with the suite's token.
    pub fn serve(&self) -> Launch<'_> {
        let launch = Launch {
            home: self,
            command: Some("serve"),
            flags: Vec::new(),
            env: Vec::new(),
            descriptors: None,
        };
        launch
            .flag("--listen", "127.0.0.1:0")
            .flag("--store", &self.store())
            .flag("--token", TOKEN)
    }

    /// The same without any argument: everything comes from the environment.
    pub fn serve_by_environment(&self) -> Launch<'_> {
        Launch {
            home: self,
            command: None,
            flags: Vec::new(),
            env: Vec::new(),
            descriptors: None,
        }
    }

    /// Runs a command to its end over this home's database.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        let mut all = arguments.to_vec();
        let store = self.store();
        all.extend(["--store", store.as_str()]);
        self.run_bare(&all)
    }

    /// Runs a command with just these arguments.
    pub fn run_bare(&self, arguments: &[&str]) -> Finished {
        let mut command = executable();
        command.args(arguments).current_dir(self.path());
        Running::spawn(command).wait(WAIT_LIMIT * 4)
    }

    /// Runs a command over this home's database as a user whom permissions stop.
    ///
    /// That is this user, or root without the capabilities to pass over permissions. `None` where root cannot give
    /// them up: the test is skipped.
    pub fn run_without_privileges(&self, arguments: &[&str]) -> Option<Finished> {
        let mut all = arguments.to_vec();
        let store = self.store();
        all.extend(["--store", store.as_str()]);
        if !is_root() {
            return Some(self.run_bare(&all));
        }
        let unprivileged = ["--bounding-set", "-dac_override,-dac_read_search"];
        let tried = Command::new("setpriv")
            .args(unprivileged)
            .arg("true")
            .status();
        if !tried.is_ok_and(|status| status.success()) {
            missing("root cannot drop capabilities (on Debian: apt-get install util-linux)");
            return None;
        }
        let mut command = Command::new("setpriv");
        command
            .args(unprivileged)
            .arg(env!("CARGO_BIN_EXE_viewtally"))
            .args(all)
            .current_dir(self.path());
        without_settings(&mut command);
        Some(Running::spawn(command).wait(WAIT_LIMIT * 4))
    }

    /// Runs a command over this home's database with this file as its standard input.
    pub fn run_reading(&self, input: &Path, arguments: &[&str]) -> Finished {
        let mut command = Command::new("sh");
        command
            .args(["-c", "input=$1; shift; exec \"$0\" \"$@\" < \"$input\""])
            .arg(env!("CARGO_BIN_EXE_viewtally"))
            .arg(input)
            .args(arguments)
            .args(["--store", &self.store()])
            .current_dir(self.path());
        without_settings(&mut command);
        Running::spawn(command).wait(WAIT_LIMIT * 4)
    }

    /// Starts a command over this home's database and does not wait for its end.
    pub fn begin(&self, arguments: &[&str]) -> Running {
        let mut command = executable();
        command
            .args(arguments)
            .args(["--store", &self.store()])
            .current_dir(self.path());
        Running::spawn(command)
    }

    pub fn store(&self) -> String {
        format!("sqlite:{}", self.database_file().display())
    }
}

fn executable() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viewtally"));
    without_settings(&mut command);
    command
}

/// A developer's own `VIEWTALLY_*` must not reach the tests.
fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VIEWTALLY_") {
            command.env_remove(name);
        }
    }
}

/// A server about to start.
pub struct Launch<'a> {
    home: &'a Home,
    command: Option<&'a str>,
    flags: Vec<String>,
    env: Vec<(String, String)>,
    descriptors: Option<u32>,
}

impl Launch<'_> {
    /// Adds a flag and its value; a later one replaces an earlier one of the same name.
    pub fn flag(self, name: &str, value: &str) -> Self {
        let mut launch = self.without(name);
        launch.flags.extend([name.to_owned(), value.to_owned()]);
        launch
    }

    /// Adds several.
    pub fn flags(self, flags: &[(&str, &str)]) -> Self {
        flags
            .iter()
            .fold(self, |launch, (name, value)| launch.flag(name, value))
    }

    /// Takes a flag back.
    pub fn without(mut self, name: &str) -> Self {
        if let Some(at) = self.flags.iter().position(|known| known == name) {
            self.flags.drain(at..at + 2);
        }
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts under this limit of open descriptors, soft and hard.
    pub fn descriptors(mut self, limit: u32) -> Self {
        self.descriptors = Some(limit);
        self
    }

    /// Starts and waits until it listens.
    pub fn start(self) -> Server {
        let start = Instant::now();
        let running = self.spawn();
        let mut address = None;
        until("the server listens", || {
            address = listening_on(&running.stdout.text());
            assert!(
                address.is_some() || !running.is_over(),
                "the server ended at start: {}",
                running.stderr.text()
            );
            address.is_some()
        });
        let started_in = start.elapsed();
        Server {
            running,
            address: address.expect("just seen"),
            started_in,
        }
    }

    /// Starts what is expected to end by itself.
    pub fn run(self) -> Finished {
        self.spawn().wait(WAIT_LIMIT)
    }

    /// Starts what may refuse to start; stops it if it does not.
    pub fn run_or_stop(self) -> Finished {
        let running = self.spawn();
        until("the server listens or ends", || {
            listening_on(&running.stdout.text()).is_some() || running.is_over()
        });
        running.signal(Signal::Int);
        running.wait(WAIT_LIMIT)
    }

    fn spawn(self) -> Running {
        let mut command = match self.descriptors {
            None => executable(),
            Some(limit) => {
                let mut shell = Command::new("sh");
                shell.args([
                    "-c",
                    &format!("ulimit -n {limit}; exec \"$0\" \"$@\""),
                    env!("CARGO_BIN_EXE_viewtally"),
                ]);
                without_settings(&mut shell);
                shell
            }
        };
        command
            .args(self.command)
            .args(self.flags)
            .envs(self.env)
            .current_dir(self.home.path());
        Running::spawn(command)
    }
}

fn listening_on(stdout: &str) -> Option<SocketAddr> {
    let (_, rest) = stdout.split_once("listening on http://")?;
    let (address, _) = rest.split_once('\n')?;
    Some(
        address
            .trim()
            .trim_end_matches('/')
            .parse()
            .expect("an address after `listening on`"),
    )
}

/// A server that listens; killed when dropped.
pub struct Server {
    running: Running,
    pub address: SocketAddr,
    /// From the start of the process until it said that it listens.
    pub started_in: Duration,
}

impl Server {
    pub fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// One `GET` on a connection of its own.
    pub fn get(&self, path: &str) -> Response {
        self.connect().get(path)
    }

    /// One request with a JSON body on a connection of its own.
    pub fn send_json(&self, method: &str, path: &str, body: &serde_json::Value) -> Response {
        let body = body.to_string();
        self.connect().request(
            method,
            path,
            &[("Content-Type", "application/json")],
            body.as_bytes(),
        )
    }

    /// Creates a post with this slug and a body; answers its id.
    pub fn create(&self, slug: &str, body: &str) -> i64 {
        let post = serde_json::json!({"slug": slug, "title": slug, "body": body});
        let answer = self.send_json("POST", "/posts", &post);
        assert_eq!(
            answer.status,
            201,
            "cannot create {slug}: {}",
            answer.text()
        );
        answer.json()["id"].as_i64().expect("an id")
    }

    /// The views of a post as `GET /posts/{post}/views` tells them.
    pub fn views(&self, post: impl std::fmt::Display) -> i64 {
        self.get(&format!("/posts/{post}/views")).json()["views"]
            .as_i64()
            .expect("views")
    }

    /// A metric without labels, gauge or counter, by its name after `viewtally_`.
    pub fn metric(&self, name: &str) -> usize {
        let metrics = self.get("/metrics").text();
        let name = format!("viewtally_{name} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.expect("the metric").parse().expect("a number")
    }

    pub fn pid(&self) -> u32 {
        self.running.child.id()
    }

    pub fn is_over(&self) -> bool {
        self.running.is_over()
    }

    pub fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    /// Asks it to stop and waits for its end.
    pub fn stop(self) -> Finished {
        self.signal(Signal::Int);
        self.wait()
    }

    /// Waits for its end.
    pub fn wait(self) -> Finished {
        self.running.wait(WAIT_LIMIT)
    }

    pub fn stderr(&self) -> String {
        self.running.stderr.text()
    }

    /// Resident memory now, in KiB.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most resident memory it ever had, in KiB.
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))
            .expect("a live process");
        let line = status
            .lines()
            .find(|line| line.starts_with(field))
            .expect("a memory line");
        line.split_whitespace()
            .nth(1)
            .expect("a number")
            .parse()
            .expect("a number")
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid()))
            .expect("a live process")
            .count()
    }
}
