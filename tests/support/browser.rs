//! A real Chromium, driven over its debugging pipe: two pipes with JSON messages that end in a NUL
//! (chromedevtools.github.io/devtools-protocol). A crate for this would bring thousands of generated types for the few
//! calls made here.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{WAIT_LIMIT, missing, until};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
    // Themes ask for fonts and libraries elsewhere, which is not what is tried, and may not answer.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
    // Its own name without a screen is that of a crawler, which does not count.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
];

/// A browser with a profile of its own; killed when dropped.
pub struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    calls: u64,
    /// Of the tabs that were spoken to. Not all are: a page that is debugged from its start prerenders nothing.
    sessions: HashMap<String, String>,
    _profile: TempDir,
}

/// A tab, by the name the browser gave it.
pub struct Tab(String);

impl Browser {
    /// Starts one; says so and answers `None` when this machine has none.
    pub fn start() -> Option<Self> {
        let Some(executable) = NAMES.into_iter().find_map(on_path) else {
            missing("there is no Chromium on PATH (on Debian: apt-get install chromium)");
            return None;
        };
        let profile = tempfile::Builder::new()
            .prefix("viewtally-browser-")
            .tempdir()
            .expect("a temporary directory");
        // The browser has its pipe at descriptors 3 and 4, where only a shell can put it without unsafe code.
        let mut child = Command::new("sh")
            .args([
                "-c",
                "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1",
            ])
            .arg(executable)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh runs");
        let input = child.stdin.take().expect("piped");
        let messages = listen(child.stdout.take().expect("piped"));
        Some(Self {
            child,
            input,
            messages,
            calls: 0,
            sessions: HashMap::new(),
            _profile: profile,
        })
    }

    /// Opens a tab in front of the others.
    pub fn open(&mut self, url: &str) -> Tab {
        self.create(json!({"url": url}))
    }

    /// Opens a tab behind the one in front: its page is hidden.
    pub fn open_behind(&mut self, url: &str) -> Tab {
        self.create(json!({"url": url, "background": true}))
    }

    fn create(&mut self, parameters: Value) -> Tab {
        let created = self.call(None, "Target.createTarget", parameters);
        Tab(text(&created["targetId"]))
    }

    pub(super) fn session(&mut self, Tab(target): &Tab) -> String {
        if let Some(session) = self.sessions.get(target) {
            return session.clone();
        }
        let parameters = json!({"targetId": target, "flatten": true});
        let attached = self.call(None, "Target.attachToTarget", parameters);
        let session = text(&attached["sessionId"]);
        self.sessions.insert(target.clone(), session.clone());
        session
    }

    /// Brings a tab to the front.
    pub fn show(&mut self, tab: &Tab) {
        let parameters = json!({"targetId": tab.0});
        self.call(None, "Target.activateTarget", parameters);
    }

    /// What a script says in the tab's page, once it is there; `null` where it has no answer, or the page is just being changed.
    pub fn evaluate(&mut self, tab: &Tab, script: &str) -> Value {
        let session = self.session(tab);
        let parameters = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.call(Some(&session), "Runtime.evaluate", parameters);
        answer["result"]["value"].take()
    }

    /// Waits until a script says this in the tab's page.
    pub fn wait_for(&mut self, tab: &Tab, script: &str, wanted: impl Into<Value>) {
        let wanted = wanted.into();
        let mut last = Value::Null;
        until(&format!("the page has {script} = {wanted}"), || {
            last = self.evaluate(tab, script);
            last == wanted
        });
    }

    /// One call of the protocol, and its result; `null` where it failed. Events in between are passed over.
    pub(super) fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let message = message.to_string() + "\0";
        self.input
            .write_all(message.as_bytes())
            .expect("the browser reads");
        loop {
            let mut answer = self.messages.recv_timeout(WAIT_LIMIT).expect("an answer");
            if answer["id"] == self.calls {
                return answer["result"].take();
            }
        }
    }
}

impl Drop for Browser {
    /// Asks it to end, so that its own processes end and leave the profile alone, and kills it if it does not.
    fn drop(&mut self) {
        let _ = self
            .input
            .write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < WAIT_LIMIT / 6 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn listen(output: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut message = Vec::new();
        while output
            .read_until(0, &mut message)
            .is_ok_and(|read| read > 0)
        {
            message.pop();
            if let Ok(value) = serde_json::from_slice(&message)
                && sender.send(value).is_err()
            {
                return;
            }
            message.clear();
        }
    });
    receiver
}
