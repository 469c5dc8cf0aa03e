//! A private imitation of SQS: moto's server, mended in `sqs_server.py`, gone with the test process.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use super::http::{Client, request_bytes};
use super::postgres::{free_port, watch_with};
use super::until_within;

/// What a test that is skipped for want of it says.
pub const MISSING: &str =
    "there is no moto (python3 -m venv target/moto && target/moto/bin/pip install 'moto[server]')";

/// How long it may take to start: Python reads thousands of files for it.
const START_LIMIT: Duration = Duration::from_secs(120);

/// Ends the process $1 once its input ends, which it does with the process that holds the other end.
const WATCHER: &str = r#"
trap '' INT TERM HUP
read -r _
kill -KILL "$1" 2>/dev/null
"#;

/// A server at work.
pub struct Moto {
    port: u16,
    server: Mutex<Child>,
    watcher: Child,
}

impl Moto {
    /// Starts one; `None` where moto is absent.
    pub fn start() -> Option<Moto> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let python = [root.join("target/moto/bin/python"), "python3".into()]
            .into_iter()
            .find(|path| {
                Command::new(path)
                    .args(["-c", "import moto.server"])
                    .output()
                    .is_ok_and(|run| run.status.success())
            })?;
        let port = free_port();
        let null = || {
            File::options()
                .write(true)
                .open("/dev/null")
                .expect("it is there")
        };
        let server = Command::new(python)
            .arg(root.join("tests/support/sqs_server.py"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(null())
            .stderr(null())
            .spawn()
            .expect("it runs");
        let watcher = watch_with(WATCHER, &[server.id().to_string()]);
        let moto = Moto {
            port,
            server: Mutex::new(server),
            watcher,
        };
        until_within(START_LIMIT, "moto listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Some(moto)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes a queue with these attributes and answers the address it is known by, through this port.
    pub fn create_queue(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        let all: Vec<String> = attributes
            .iter()
            .map(|(name, value)| format!(r#""{name}":"{value}""#))
            .collect();
        let arguments = format!(
            r#"{{"QueueName":"{name}","Attributes":{{{}}}}}"#,
            all.join(",")
        );
        self.call("CreateQueue", &arguments);
        format!("http://127.0.0.1:{}/123456789012/{name}", self.port)
    }

    /// Calls an action of SQS; the answer's body.
    pub fn call(&self, action: &str, arguments: &str) -> String {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], self.port));
        let target = format!("AmazonSQS.{action}");
        // Whose account it is; moto takes any signature.
        let authorization = "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/sqs/aws4_request, \
                             SignedHeaders=host, Signature=0";
        let request = request_bytes(
            "POST",
            "/",
            &[
                ("Content-Type", "application/x-amz-json-1.0"),
                ("X-Amz-Target", &target),
                ("Authorization", authorization),
                ("Connection", "close"),
            ],
            arguments.as_bytes(),
        );
        let mut client = Client::connect(address);
        client.send(&request).expect("it is taken");
        let response = client.read().expect("whole").expect("an answer");
        assert_eq!(response.status, 200, "{action}: {}", response.text());
        response.text()
    }

    /// How many messages wait in a queue, and how many are received and not deleted.
    pub fn messages(&self, name: &str) -> (u64, u64) {
        let arguments = format!(
            r#"{{"QueueUrl":"http://127.0.0.1:{}/123456789012/{name}","AttributeNames":["All"]}}"#,
            self.port
        );
        let answer = self.call("GetQueueAttributes", &arguments);
        let number = |field: &str| {
            let (_, rest) = answer
                .split_once(&format!("\"{field}\""))
                .expect("it is told");
            let digits: String = rest
                .chars()
                .skip_while(|c| !c.is_ascii_digit())
                .take_while(char::is_ascii_digit)
                .collect();
            digits.parse().expect("a number")
        };
        (
            number("ApproximateNumberOfMessages"),
            number("ApproximateNumberOfMessagesNotVisible"),
        )
    }

    /// Lets it stand still, connections and all; until [`Moto::go_on`].
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.server.lock().expect("no panic holds it").id();
        let kill = format!("kill -{signal} {pid}");
        let done = Command::new("sh").args(["-c", &kill]).status();
        assert!(done.expect("sh runs").success(), "{kill}");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        if let Ok(server) = self.server.get_mut() {
            let _ = server.kill();
            let _ = server.wait();
        }
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// The one server of this test process for tests that need no more than a queue of their own; `None` where moto is absent.
pub fn shared() -> Option<&'static Moto> {
    static SHARED: OnceLock<Option<Moto>> = OnceLock::new();
    SHARED.get_or_init(Moto::start).as_ref()
}
