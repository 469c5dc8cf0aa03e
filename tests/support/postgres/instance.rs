//! One instance: made, asked, stopped, killed, followed by a standby.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tempfile::TempDir;

use super::address::{USER, free_port, url};
use super::programs::{Account, programs, without_settings};
use super::run::{LIMIT, POLL, end, run, wait};
use super::watcher::watch;

/// Nothing here has to survive a loss of power, little is kept, and faults are noticed soon.
const SETTINGS: &str = "
fsync = off
full_page_writes = off
shared_buffers = 32MB
max_wal_size = 128MB
wal_keep_size = 64MB
wal_retrieve_retry_interval = 100ms
log_checkpoints = off
listen_addresses = '127.0.0.1'
";

/// An instance; it ends at once, and its folder goes, when dropped.
pub struct Postgres {
    programs: PathBuf,
    account: Option<Account>,
    port: u16,
    server: Mutex<Option<Child>>,
    databases: AtomicU32,
    watcher: Child,
    folder: TempDir,
}

impl Postgres {
    /// A new instance that takes connections; `None` where PostgreSQL is absent: skip the test with [`MISSING`].
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let postgres = Self::in_new_folder(programs, Account::of_the_server());
        let data = postgres.data();
        postgres.succeed(
            postgres
                .program("initdb")
                .args(["--no-sync", "--no-instructions", "--auth=trust"])
                .args(["--encoding=UTF8", "--locale=C", "--wal-segsize=1"])
                .arg(format!("--username={USER}"))
                .arg("--pgdata")
                .arg(&data),
        );
        let mut file = OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.conf"))
            .expect("initdb made it");
        file.write_all(SETTINGS.as_bytes()).expect("it is written");
        Some(postgres.begin())
    }

    /// A copy that follows this instance, ready to be asked and to be promoted.
    pub fn standby(&self) -> Self {
        let standby = Self::in_new_folder(self.programs.clone(), self.account);
        standby.succeed(
            standby
                .program("pg_basebackup")
                .args(["--write-recovery-conf", "--wal-method=stream"])
                .args(["--checkpoint=fast", "--no-sync", "--pgdata"])
                .arg(standby.data())
                .arg("--dbname")
                .arg(format!(
                    "{} application_name=standby_{}",
                    self.conninfo(),
                    standby.port
                )),
        );
        let standby = standby.begin();
        let streams = format!(
            "SELECT count(*) FROM pg_stat_replication
             WHERE application_name = 'standby_{}' AND state = 'streaming'",
            standby.port
        );
        wait("the standby streams", || {
            self.psql("postgres", &streams) == "1"
        });
        standby
    }

    /// Makes a standby take writes.
    pub fn promote(&self) {
        let promoted = self.psql("postgres", "SELECT pg_promote(true, 60)");
        assert_eq!(promoted, "t", "the standby is not promoted: {}", self.log());
    }

    /// From here on a commit is answered when a standby has it too: losing this instance loses no commit.
    pub fn replicate_synchronously(&self) {
        self.configure("synchronous_standby_names", "*");
        wait("the standby is synchronous", || {
            self.psql(
                "postgres",
                "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'",
            ) != "0"
        });
    }

    /// Changes a setting of the running instance; some need a [`Postgres::restart`].
    pub fn configure(&self, name: &str, value: &str) {
        self.psql("postgres", &format!("ALTER SYSTEM SET {name} = '{value}'"));
        self.psql("postgres", "SELECT pg_reload_conf()");
    }

    /// Listens on this address too, and trusts those who come that way.
    pub fn listen_on(&self, address: IpAddr) {
        let rules = OpenOptions::new()
            .append(true)
            .open(self.data().join("pg_hba.conf"));
        writeln!(rules.expect("initdb made it"), "host all all samenet trust")
            .expect("it is written");
        self.configure("listen_addresses", &format!("127.0.0.1,{address}"));
        self.restart();
    }

    /// The process whose children all its others are.
    pub fn pid(&self) -> u32 {
        self.server().as_ref().expect("it runs").id()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database in it.
    pub fn url(&self, database: &str) -> String {
        url(self.port, database)
    }

    /// Makes a database of a new name; answers its address.
    pub fn create_database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("viewtally_{number}");
        self.psql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// What psql prints for these statements: a line a row, `|` between columns, no newline at the end.
    ///
    /// Panics where one fails.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        self.try_psql(database, sql)
            .unwrap_or_else(|error| panic!("psql fails on {sql}: {error}"))
    }

    /// As [`Postgres::psql`], for statements that may fail.
    pub fn try_psql(&self, database: &str, sql: &str) -> Result<String, String> {
        self.try_psql_at(&self.url(database), &[sql])
    }

    /// The same over another address, such as a proxy's: each of these on its own, on one connection.
    pub fn try_psql_at(&self, url: &str, statements: &[&str]) -> Result<String, String> {
        let mut psql = self.program("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        for statement in statements {
            psql.args(["-c", statement]);
        }
        run(psql.arg(url)).map(|printed| printed.trim_end().to_owned())
    }

    /// Ends it as an operator does: what is under way is rolled back, what is committed reaches the standbys.
    pub fn stop(&self) {
        self.end("INT");
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&self) {
        self.end("QUIT");
    }

    /// Starts what was stopped or killed, on the same port, and waits until it takes connections.
    pub fn start_again(&self) {
        let mut server = self.server();
        assert!(server.is_none(), "it runs");
        // The port may be another's for a moment.
        let start = Instant::now();
        while server.is_none() {
            *server = self.try_begin();
            assert!(start.elapsed() < LIMIT, "it does not start: {}", self.log());
        }
    }

    /// [`Postgres::stop`] and [`Postgres::start_again`].
    pub fn restart(&self) {
        self.stop();
        self.start_again();
    }

    /// Lets its every process stand still, connections and all, as on a machine that hangs; until [`Postgres::go_on`].
    pub fn freeze(&self) {
        self.signal_all("STOP");
    }

    pub fn go_on(&self) {
        self.signal_all("CONT");
    }

    /// Its folder, which the server may enter; its data are in `data` there.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Hands a folder over to the server.
    pub fn own(&self, folder: &Path) {
        if let Some(account) = self.account {
            account.own(folder);
        }
    }

    /// What the server said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn in_new_folder(programs: PathBuf, account: Option<Account>) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("viewtally-pg-")
            .tempdir()
            .expect("a temporary directory");
        if let Some(account) = account {
            account.own(folder.path());
        }
        let watcher = watch(folder.path());
        Self {
            programs,
            account,
            port: free_port(),
            server: Mutex::new(None),
            databases: AtomicU32::new(0),
            watcher,
            folder,
        }
    }

    /// The first start, which may have to look for another port.
    fn begin(mut self) -> Self {
        let start = Instant::now();
        loop {
            let server = self.try_begin();
            if server.is_some() {
                *self.server() = server;
                return self;
            }
            assert!(start.elapsed() < LIMIT, "it does not start: {}", self.log());
            self.port = free_port();
        }
    }

    /// Starts the server and waits until it takes connections; `None` where it ends instead.
    fn try_begin(&self) -> Option<Child> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a file");
        let mut server = self
            .program("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-p", &self.port.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a descriptor"))
            .stderr(log)
            .spawn()
            .expect("postgres runs");
        let start = Instant::now();
        while !self.is_ready(server.id()) {
            if server.try_wait().expect("a child").is_some() {
                return None;
            }
            assert!(start.elapsed() < LIMIT, "it is not ready: {}", self.log());
            std::thread::sleep(POLL);
        }
        Some(server)
    }

    /// Whether the server says in its lock file that it takes connections, where pg_ctl looks as well.
    fn is_ready(&self, pid: u32) -> bool {
        let lock = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = lock.lines().map(str::trim).collect();
        lines.first() == Some(&pid.to_string().as_str())
            && matches!(lines.get(7), Some(&("ready" | "standby")))
    }

    fn end(&self, signal: &str) {
        let mut server = self.server().take().expect("it runs");
        end(&mut server, signal);
    }

    fn signal_all(&self, signal: &str) {
        let postmaster = self.pid();
        // No new process is made while the first of them stands still.
        let script = format!(
            "kill -{signal} {postmaster}; kill -{signal} $(ps -o pid= --ppid {postmaster}) 2>/dev/null || :"
        );
        let signalled = run(Command::new("sh").args(["-c", &script]));
        signalled.expect("it has processes");
    }

    fn server(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn conninfo(&self) -> String {
        format!("host=127.0.0.1 port={} user={USER}", self.port)
    }

    /// One of PostgreSQL's programs, to be run as the user that owns the folder, without a developer's own settings.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = match self.account {
            None => Command::new(program),
            Some(account) => account.command(&program),
        };
        without_settings(&mut command);
        command.current_dir(self.folder.path());
        command
    }

    fn succeed(&self, command: &mut Command) {
        if let Err(error) = run(command) {
            panic!("{command:?} fails: {error}");
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut server) = self.server().take() {
            end(&mut server, "QUIT");
        }
        // Its input ends; it finds nothing to end, and removes the folder.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}
