//! A private Redis: its own folder, ports and process, gone with the test process however that ends.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tempfile::TempDir;

use super::postgres::{free_port, watch_with};
use super::{WAIT_LIMIT, until};

/// What a test that is skipped for want of it says.
pub const MISSING: &str = "there is no redis-server (on Debian: apt-get install redis-server)";

/// Stays until its input ends, which it does with the process that holds the other end. Then it ends the server that still
/// runs in the folder $1, and removes the folder.
const WATCHER: &str = r#"
trap '' INT TERM HUP
read -r _
pid=$(cat "$1/pid" 2>/dev/null)
if [ -n "$pid" ] && grep -q -F redis "/proc/$pid/cmdline" 2>/dev/null; then
    kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$1"
"#;

/// A server at work. It keeps what it has accepted in a file, as README asks for.
pub struct RedisServer {
    port: u16,
    options: Vec<String>,
    is_sentinel: bool,
    server: Mutex<Option<Child>>,
    watcher: Child,
    folder: TempDir,
}

impl RedisServer {
    /// Starts one; `None` where Redis is absent.
    pub fn start() -> Option<RedisServer> {
        Self::start_with(&[])
    }

    /// The same with these options of its command line, before which come its port, folder and file.
    pub fn start_with(options: &[&str]) -> Option<RedisServer> {
        Self::begin(options, None)
    }

    /// Starts a Sentinel that watches a primary by the name of `main`.
    pub fn sentinel_of(primary: &RedisServer) -> Option<RedisServer> {
        let watched = format!(
            "sentinel monitor main 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds main 700\n\
             sentinel failover-timeout main 4000\n",
            primary.port
        );
        Self::begin(&[], Some(&watched))
    }

    fn begin(options: &[&str], sentinel: Option<&str>) -> Option<RedisServer> {
        let is_there = |program| Command::new(program).arg("--version").output().is_ok();
        if !is_there("redis-server") || !is_there("redis-cli") {
            return None;
        }
        let folder = tempfile::Builder::new()
            .prefix("viewtally-redis-")
            .tempdir()
            .expect("a temporary directory");
        let mut server = RedisServer {
            port: free_port(),
            options: options.iter().map(ToString::to_string).collect(),
            is_sentinel: sentinel.is_some(),
            server: Mutex::new(None),
            watcher: watch_with(WATCHER, &[folder.path()]),
            folder,
        };
        if let Some(text) = sentinel {
            fs::write(server.path("sentinel.conf"), text).expect("a file");
        }
        let start = Instant::now();
        // Another may take the port meanwhile.
        while !server.try_start() {
            assert!(start.elapsed() < WAIT_LIMIT, "{}", server.log());
            server.port = free_port();
        }
        Some(server)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address of a queue on it; `rest` is what follows the port.
    pub fn url(&self, rest: &str) -> String {
        format!("redis://127.0.0.1:{}{rest}", self.port)
    }

    /// What it answers to a command, as redis-cli prints it to a pipe.
    pub fn ask(&self, command: &[&str]) -> String {
        self.try_ask(command)
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// As [`RedisServer::ask`], of one that may be away or refuse.
    pub fn try_ask(&self, command: &[&str]) -> Result<String, String> {
        let asked = Command::new("timeout")
            .args(["10", "redis-cli", "-e", "-p", &self.port.to_string()])
            .args(command)
            .stdin(Stdio::null())
            .output()
            .expect("redis-cli runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        match asked.status.success() {
            true => Ok(text(&asked.stdout)),
            false => Err(format!("{} {}", text(&asked.stdout), text(&asked.stderr))),
        }
    }

    /// Ends it at once, as a crash of the process does.
    pub fn kill(&self) {
        let mut child = self.server().take().expect("it runs");
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
    }

    /// Starts what was killed, on the same port, and waits until it answers.
    pub fn start_again(&self) {
        until("it starts again", || self.try_start());
    }

    /// Lets it stand still, connections and all, as on a machine that hangs; until [`RedisServer::go_on`].
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    pub fn go_on(&self) {
        self.signal("CONT");
    }

    /// What the server said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Whether it has started and answers; whatever it answers.
    fn try_start(&self) -> bool {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .expect("a file");
        let folder = self.folder.path().display().to_string();
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        if self.is_sentinel {
            command.arg(self.path("sentinel.conf")).arg("--sentinel");
        } else {
            // With less than `always` what was acknowledged may not be in the file yet, for two seconds.
            command.args([
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--save",
                "",
            ]);
        }
        let child = command
            .args(["--port", &port, "--bind", "127.0.0.1", "--dir", &folder])
            .args(["--pidfile", &format!("{folder}/pid"), "--daemonize", "no"])
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a descriptor"))
            .stderr(log)
            .spawn()
            .expect("redis-server runs");
        let mut server = self.server();
        let child = server.insert(child);
        let start = Instant::now();
        loop {
            if child.try_wait().expect("a child").is_some() {
                *server = None;
                return false;
            }
            // One that wants a password, or TLS, answers too.
            let answer = self.try_ask(&["PING"]);
            let has_port = answer
                .as_ref()
                .is_err_and(|error| !error.contains("onnect"));
            let is_loading = answer
                .as_ref()
                .is_err_and(|error| error.contains("LOADING"));
            if answer.is_ok() || has_port && !is_loading || port_is_off(&self.options) {
                return true;
            }
            assert!(start.elapsed() < WAIT_LIMIT, "{}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.server().as_ref().expect("it runs").id();
        let kill = format!("kill -{signal} {pid}");
        let done = Command::new("sh").args(["-c", &kill]).status();
        assert!(done.expect("sh runs").success(), "{kill}");
    }

    fn server(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it speaks TLS alone; who starts it asks for it then.
fn port_is_off(options: &[String]) -> bool {
    options.windows(2).any(|two| two == ["--port", "0"])
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut server) = self.server().take() {
            let _ = server.kill();
            let _ = server.wait();
        }
        // Its input ends; it finds nothing to end, and removes the folder.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// The one server of this test process for tests that need no more than streams of their own in it; `None` where Redis is
/// absent.
pub fn shared() -> Option<&'static RedisServer> {
    static SHARED: OnceLock<Option<RedisServer>> = OnceLock::new();
    SHARED.get_or_init(RedisServer::start).as_ref()
}
