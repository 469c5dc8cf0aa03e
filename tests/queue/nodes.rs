//! The real executable with a queue between its counters and its store.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::support::kafka::MockKafka;
use crate::support::process::Signal;
use crate::support::{Home, Server, WAIT_LIMIT, until};

/// The id of the only broker.
const BROKER: i32 = 1;

/// A broker with a topic.
struct Topic {
    kafka: MockKafka,
    url: String,
    name: String,
}

impl Topic {
    fn new() -> Topic {
        let kafka = MockKafka::start(1);
        let name = kafka.create_topic(2);
        let url = kafka.url(&name);
        Topic { kafka, url, name }
    }

    fn down(&self) {
        self.kafka.cluster.broker_down(BROKER).expect("a broker");
    }

    fn up(&self) {
        self.kafka.cluster.broker_up(BROKER).expect("a broker");
    }

    fn serve(&self, home: &Home, role: &str) -> Server {
        let launch = home.serve().flags(&[
            ("--queue", &self.url),
            ("--role", role),
            ("--request-timeout", "2s"),
            ("--drain-timeout", "3s"),
        ]);
        launch.start()
    }

    /// Puts bytes on the topic as any program may.
    fn put(&self, bytes: &[u8]) {
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", self.kafka.cluster.bootstrap_servers())
            .set("message.max.bytes", "4000000")
            .create()
            .expect("a producer");
        let record = BaseRecord::<(), [u8]>::to(&self.name).payload(bytes);
        producer
            .send(record)
            .map_err(|(error, _)| error)
            .expect("a place");
        producer.flush(WAIT_LIMIT).expect("it is sent");
    }
}

fn read(server: &Server, post: &str, times: usize) {
    let mut client = server.connect();
    for _ in 0..times {
        assert_eq!(client.get(&format!("/posts/{post}")).status, 200);
    }
}

fn durable(server: &Server) -> (u16, String) {
    let answer = server
        .connect()
        .request("POST", "/posts/a/views?durable=true", &[], b"");
    (answer.status, answer.text())
}

#[test]
fn one_node_serves_and_another_counts() {
    let (home, topic) = (Home::new(), Topic::new());
    let web = topic.serve(&home, "web");
    web.create("a", "text");
    read(&web, "a", 50);
    until("the queue has all of it", || {
        web.metric("queue_sent_total") > 0 && web.metric("queue_waiting_batches") == 0
    });
    assert_eq!(web.views("a"), 0, "nobody counts yet");
    let counts = topic.serve(&home, "count");
    until("it is counted", || web.views("a") == 50);
    until("readers see it", || {
        web.get("/posts/a?count=false").json()["views"] == 50
    });
    assert_eq!(counts.get("/healthz").status, 200);
    assert_eq!(counts.get("/readyz").status, 200);
    for path in ["/", "/posts/a", "/posts", "/views"] {
        let answer = counts.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("only counts"), "{}", answer.text());
    }
    assert_eq!(counts.stop().code, Some(0));
    let stopped = web.stop();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(
        stopped
            .stdout
            .contains("50 views put on the queue, 0 views counted"),
        "{}",
        stopped.stdout
    );
}

#[test]
fn a_durable_view_is_answered_once_the_queue_has_it() {
    let (home, topic) = (Home::new(), Topic::new());
    let server = topic.serve(&home, "all");
    server.create("a", "text");
    assert_eq!(durable(&server).0, 202);
    topic.down();
    let start = Instant::now();
    let (status, text) = durable(&server);
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("do not send it again"), "{text}");
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(2), "it waited: {took:?}");
    assert!(took < Duration::from_secs(5), "it has a deadline: {took:?}");
    until("it says so", || server.get("/readyz").status == 503);
    // Readers notice nothing.
    read(&server, "a", 10);
    topic.up();
    until("all is counted", || server.views("a") == 12);
    until("it is ready", || server.get("/readyz").status == 200);
    assert_eq!(durable(&server).0, 202);
    until("that too", || server.views("a") == 13);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn what_a_killed_node_had_put_down_is_sent_by_its_next_start() {
    let (home, topic) = (Home::new(), Topic::new());
    for round in 1..=5 {
        let server = topic.serve(&home, "all");
        if round == 1 {
            server.create("a", "text");
        }
        topic.down();
        read(&server, "a", 100);
        server.signal(Signal::Kill);
        server.wait();
        topic.up();
        let server = topic.serve(&home, "all");
        read(&server, "a", 10);
        server.signal(Signal::Kill);
        server.wait();
        let server = topic.serve(&home, "all");
        until("all of it is counted", || server.views("a") >= round * 110);
        assert_eq!(server.stop().code, Some(0));
        let server = home.serve().start();
        assert_eq!(server.views("a"), round * 110, "nothing twice");
    }
    let check = home.run(&["check"]);
    assert_eq!(check.code, Some(0), "{check:?}");
}

#[test]
fn what_the_queue_does_not_take_is_kept_for_a_start_with_or_without_it() {
    let (home, topic) = (Home::new(), Topic::new());
    let server = topic.serve(&home, "all");
    server.create("a", "text");
    topic.down();
    read(&server, "a", 30);
    let stopped = server.stop();
    assert_eq!(stopped.code, Some(3), "{stopped:?}");
    assert!(stopped.stderr.contains("30 views"), "{}", stopped.stderr);
    assert!(stopped.stderr.contains("are kept in"), "{}", stopped.stderr);
    // Half of it may be on the queue already, and is not counted twice when that comes back.
    let server = home.serve().start();
    assert_eq!(server.views("a"), 30);
    assert_eq!(server.stop().code, Some(0));
    topic.up();
    let server = topic.serve(&home, "all");
    read(&server, "a", 1);
    until("that is counted", || server.views("a") >= 31);
    assert_eq!(server.stop().code, Some(0));
    let server = home.serve().start();
    assert_eq!(server.views("a"), 31);
}

#[test]
fn messages_that_cannot_be_counted_are_listed_and_dropped() {
    let (home, topic) = (Home::new(), Topic::new());
    topic.put(b"hello");
    topic.put(b"vtq\xff from the future");
    topic.put(&vec![0; 2 << 20]);
    let server = topic.serve(&home, "all");
    server.create("a", "text");
    read(&server, "a", 5);
    until("the rest flows", || server.views("a") == 5);
    until("all are set aside", || {
        server.metric("queue_waiting_set_aside") == 3
    });
    assert_eq!(server.get("/live.json").json()["set_aside"], 3);
    let list = home.run(&["set-aside", "--json"]);
    assert_eq!(list.code, Some(0), "{list:?}");
    let messages: Vec<serde_json::Value> = list
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    assert_eq!(messages.len(), 3);
    let reason = |part: &str| {
        messages.iter().any(|message| {
            message["reason"]
                .as_str()
                .is_some_and(|why| why.contains(part))
        })
    };
    assert!(reason("no message of viewtally") && reason("version 255") && reason("2097152 bytes"));
    let id = messages[0]["id"].to_string();
    let retried = home.run(&["set-aside", "--retry", &id]);
    assert_eq!(retried.code, Some(1), "{retried:?}");
    assert!(
        retried.stderr.contains("cannot be applied"),
        "{}",
        retried.stderr
    );
    let all: Vec<String> = messages.iter().map(|one| one["id"].to_string()).collect();
    let dropped = home.run(&["set-aside", "--drop", &all.join(",")]);
    assert_eq!(dropped.code, Some(0), "{dropped:?}");
    let list = home.run(&["set-aside"]);
    assert_eq!(list.stdout.trim(), "nothing is set aside");
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_role_needs_a_queue_and_a_queue_an_address() {
    let home = Home::new();
    for (flags, said) in [
        (&[("--role", "web")][..], "--role needs a queue"),
        (&[("--queue", "amqp://x")], "a queue is kafka://"),
        (&[("--queue", "kafka://127.0.0.1:1")], "topic"),
    ] {
        let refused = home.serve().flags(flags).run();
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(
            refused.stderr.to_lowercase().contains(said),
            "{}",
            refused.stderr
        );
    }
}
