//! A service of a few lines that answers as it is told, and remembers what it was asked.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use viewtally::internals::queue::{Engine, QueueUrl};

/// Answers that were set: action, status and body.
type Answers = Mutex<VecDeque<(&'static str, u16, String)>>;

/// A request that arrived.
#[derive(Clone)]
pub struct Asked {
    action: String,
    pub head: String,
    pub body: String,
}

/// A server of a few lines: the next answer that was set for an action, or the usual one.
pub struct Scripted {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Answers>,
    is_empty: Arc<AtomicBool>,
}

impl Scripted {
    pub fn start() -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let scripted = Scripted {
            port: listener.local_addr().expect("an address").port(),
            asked: Arc::default(),
            answers: Arc::default(),
            is_empty: Arc::default(),
        };
        let (asked, answers) = (Arc::clone(&scripted.asked), Arc::clone(&scripted.answers));
        let is_empty = Arc::clone(&scripted.is_empty);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (asked, answers) = (Arc::clone(&asked), Arc::clone(&answers));
                let is_empty = Arc::clone(&is_empty);
                std::thread::spawn(move || serve(stream, &asked, &answers, &is_empty));
            }
        });
        scripted
    }

    /// The engine of a queue there.
    pub fn engine(&self, rest: &str) -> Engine {
        let url = self.url(rest);
        url.parse::<QueueUrl>().expect("a queue").connect()
    }

    /// The address of a queue there.
    pub fn url(&self, rest: &str) -> String {
        format!("http://127.0.0.1:{}/123456789012/{rest}", self.port)
    }

    /// From now on who receives waits as long as it asked to, as at a queue without messages.
    pub fn be_empty(&self) {
        self.is_empty.store(true, Ordering::Relaxed);
    }

    /// The next call of this action is answered so.
    pub fn answer(&self, action: &'static str, status: u16, body: &str) {
        let mut answers = self.answers.lock().expect("no panic holds it");
        answers.push_back((action, status, body.to_owned()));
    }

    /// The calls of an action until now.
    pub fn asked(&self, action: &str) -> Vec<Asked> {
        let asked = self.asked.lock().expect("no panic holds it");
        asked
            .iter()
            .filter(|one| one.action == action)
            .cloned()
            .collect()
    }
}

fn serve(
    mut stream: TcpStream,
    asked: &Mutex<Vec<Asked>>,
    answers: &Answers,
    is_empty: &AtomicBool,
) {
    loop {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        let head = String::from_utf8(head).expect("text");
        let field = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            let found = lines.find(|(field, _)| field.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        let mut body = vec![0; field("content-length").parse().unwrap_or(0)];
        stream.read_exact(&mut body).expect("a body");
        let action = field("x-amz-target").replace("AmazonSQS.", "");
        let body = String::from_utf8(body).expect("text");
        let wait = (action == "ReceiveMessage").then(|| number(&body, "WaitTimeSeconds"));
        let (status, answer) = {
            let mut answers = answers.lock().expect("no panic holds it");
            let set = answers.iter().position(|(of, _, _)| *of == action);
            let set = set.and_then(|index| answers.remove(index));
            set.map_or_else(
                || (200, usual(&action, &body)),
                |(_, status, text)| (status, text),
            )
        };
        asked.lock().expect("no panic holds it").push(Asked {
            action,
            head: head.clone(),
            body,
        });
        let wait = wait.filter(|_| is_empty.load(Ordering::Relaxed));
        std::thread::sleep(Duration::from_secs(wait.unwrap_or_default()));
        let length = answer.len();
        let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{answer}");
        if stream.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// A number of a call.
pub fn number(body: &str, name: &str) -> u64 {
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    body[name].as_u64().expect("a number")
}

/// All went well.
fn usual(action: &str, body: &str) -> String {
    match action {
        "GetQueueAttributes" => {
            r#"{"Attributes":{"MaximumMessageSize":"262144","ApproximateNumberOfMessages":"7"}}"#
                .to_owned()
        }
        "SendMessageBatch" => successful(&ids(body)),
        _ => "{}".to_owned(),
    }
}

/// The answer that these were sent.
pub fn successful(ids: &[String]) -> String {
    let entries: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"Id":"{id}","MessageId":"m","MD5OfMessageBody":"x"}}"#))
        .collect();
    format!(r#"{{"Successful":[{}],"Failed":[]}}"#, entries.join(","))
}

/// The ids of a batch's entries.
pub fn ids(body: &str) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let entries = body["Entries"].as_array().expect("entries");
    entries
        .iter()
        .map(|entry| entry["Id"].as_str().expect("an id").to_owned())
        .collect()
}
