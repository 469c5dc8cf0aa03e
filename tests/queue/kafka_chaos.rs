//! Nodes with Kafka between them and the store, while all of it fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{ClientConfig, Message};

use super::chaos::{self, Faults, Scale};
use crate::cluster::nodes::Cluster;
use crate::support::kafka::{Broker, MISSING, MockKafka};
use crate::support::kafka_proxy::{KafkaFault, KafkaProxy};
use crate::support::postgres::free_port;
use crate::support::{Signal, WAIT_LIMIT, missing, twice, until};

/// As many as the README advises.
const PARTITIONS: u32 = 12;

/// Who puts some of a topic's messages on it a second time.
struct Repeater {
    consumer: BaseConsumer,
    producer: BaseProducer,
    topic: String,
    /// Of so many messages one is sent once more.
    one_in: usize,
    seen: usize,
    repeated: usize,
}

impl Repeater {
    fn new(servers: &str, topic: &str, one_in: usize) -> Self {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", servers)
            .set("group.id", "repeater")
            // Its end would wait for a commit, for a minute.
            .set("enable.auto.commit", "false");
        let consumer: BaseConsumer = config.create().expect("a consumer");
        let mut partitions = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            let partition = i32::try_from(partition).expect("few");
            partitions
                .add_partition_offset(topic, partition, Offset::Beginning)
                .expect("an offset");
        }
        consumer.assign(&partitions).expect("an assignment");
        Self {
            consumer,
            producer: config.create().expect("a producer"),
            topic: topic.to_owned(),
            one_in,
            seen: 0,
            repeated: 0,
        }
    }

    /// Looks at what has come since.
    fn poll(&mut self) {
        while let Some(polled) = self.consumer.poll(Duration::ZERO) {
            let Some(bytes) = polled
                .ok()
                .and_then(|message| message.payload().map(<[u8]>::to_vec))
            else {
                continue;
            };
            self.seen += 1;
            if self.seen.is_multiple_of(self.one_in) {
                let record = BaseRecord::<(), [u8]>::to(&self.topic).payload(&bytes);
                self.repeated += usize::from(self.producer.send(record).is_ok());
            }
        }
        self.producer.poll(Duration::ZERO);
    }
}

/// The library's own brokers: they go down, come back, and answer with errors. Only the thread that made them may call
/// them, so that others give it orders.
struct Brokers<'a> {
    servers: String,
    topic: &'a str,
    orders: flume::Sender<Order>,
}

/// What these brokers are to do.
enum Order {
    Down,
    Up,
    Errors(RDKafkaApiKey, RDKafkaRespErr),
}

impl Faults for Brokers<'_> {
    fn go(&self) {
        self.orders.send(Order::Down).expect("it listens");
    }

    fn come(&self) {
        self.orders.send(Order::Up).expect("it listens");
    }

    fn disturb(&self, scale: &Scale, stop: &AtomicBool) -> String {
        use RDKafkaRespErr::{
            RD_KAFKA_RESP_ERR__TRANSPORT as TRANSPORT,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS as NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION as NOT_LEADER,
            RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER as OUT_OF_ORDER,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT as TIMED_OUT,
        };
        let errors = [
            (RDKafkaApiKey::Produce, NOT_LEADER),
            (RDKafkaApiKey::Fetch, TRANSPORT),
            (RDKafkaApiKey::Produce, TIMED_OUT),
            (RDKafkaApiKey::Fetch, NOT_LEADER),
            (RDKafkaApiKey::Produce, NOT_ENOUGH_REPLICAS),
            (RDKafkaApiKey::Metadata, TIMED_OUT),
            (RDKafkaApiKey::Produce, TRANSPORT),
            (RDKafkaApiKey::Produce, OUT_OF_ORDER),
        ];
        let mut repeater = Repeater::new(&self.servers, self.topic, scale.repeat_one_in);
        let (mut injected, mut next) = (0, Instant::now());
        while !stop.load(Ordering::Relaxed) {
            repeater.poll();
            if Instant::now() >= next {
                let (request, error) = errors[injected % errors.len()];
                self.orders
                    .send(Order::Errors(request, error))
                    .expect("it listens");
                injected += 1;
                next = Instant::now() + Duration::from_millis(500);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let (repeated, seen) = (repeater.repeated, repeater.seen);
        assert!(repeated > 0, "of {seen} messages");
        format!("{injected} errors injected, {repeated} of {seen} messages sent twice")
    }
}

fn survive_on_mock_brokers(scale: &Scale) {
    let kafka = MockKafka::start(3);
    let topic = kafka.create_topic(PARTITIONS);
    let url = kafka.url(&topic);
    let (orders, received) = flume::unbounded();
    let brokers = Brokers {
        servers: kafka.cluster.bootstrap_servers(),
        topic: &topic,
        orders,
    };
    std::thread::scope(|scope| {
        let nodes = scope.spawn(|| {
            chaos::survive(scale, &url, &brokers);
            drop(brokers);
        });
        for order in received {
            obey(&kafka, &topic, order);
        }
        nodes.join().expect("all is counted");
    });
}

/// Does that, and moves a partition to another of the brokers.
fn obey(kafka: &MockKafka, topic: &str, order: Order) {
    let cluster = &kafka.cluster;
    match order {
        Order::Down => cluster.broker_down(-1).expect("they go"),
        Order::Up => cluster.broker_up(-1).expect("they come"),
        Order::Errors(request, error) => cluster.request_errors(request, &[error]),
    }
    let leader = fastrand::i32(1..=3);
    let partition = fastrand::i32(0..i32::try_from(PARTITIONS).expect("few"));
    cluster
        .partition_leader(topic, partition, Some(leader))
        .expect("another leader");
}

/// A broker of another make behind a proxy that cuts answers off; it is paused.
struct Proxied {
    proxy: KafkaProxy,
    broker: Broker,
    topic: String,
}

impl Faults for Proxied {
    fn go(&self) {
        self.broker.signal(Signal::Stop);
    }

    fn come(&self) {
        self.broker.signal(Signal::Cont);
    }

    fn disturb(&self, scale: &Scale, stop: &AtomicBool) -> String {
        self.proxy.set(KafkaFault::CutReplies { one_in: 10 });
        let servers = format!("127.0.0.1:{}", self.proxy.port());
        let mut repeater = Repeater::new(&servers, &self.topic, scale.repeat_one_in);
        while !stop.load(Ordering::Relaxed) {
            repeater.poll();
            std::thread::sleep(Duration::from_millis(10));
        }
        self.proxy.set(KafkaFault::None);
        let (repeated, seen) = (repeater.repeated, repeater.seen);
        assert!(repeated > 0, "of {seen} messages");
        let cuts = self.proxy.cuts();
        format!("{cuts} answers to sends cut off, {repeated} of {seen} messages sent twice")
    }
}

/// Asserts that so many answers at least were cut off.
fn survive_on_another_broker(scale: &Scale, cuts: usize) {
    let port = free_port();
    let proxy = KafkaProxy::start(port);
    let Some(broker) = Broker::start_behind(port, proxy.port()) else {
        return missing(MISSING);
    };
    let topic = broker.create_topic(PARTITIONS);
    let url = format!("kafka://127.0.0.1:{}/{topic}", proxy.port());
    let proxied = Proxied {
        proxy,
        broker,
        topic,
    };
    chaos::survive(scale, &url, &proxied);
    assert!(proxied.proxy.cuts() >= cuts, "{}", proxied.proxy.cuts());
}

#[test]
fn twenty_thousand_reads_survive_on_mock_brokers() {
    survive_on_mock_brokers(&chaos::quick());
}

#[test]
fn twenty_thousand_reads_survive_on_another_broker() {
    survive_on_another_broker(&chaos::quick(), 5);
}

#[test]
#[ignore = "slow: make test-long"]
fn a_million_reads_survive_on_mock_brokers() {
    survive_on_mock_brokers(&chaos::full());
}

#[test]
#[ignore = "slow: make test-long"]
fn a_million_reads_survive_on_another_broker() {
    survive_on_another_broker(&chaos::full(), 100);
}

/// From the death of the node that counts to the last view, counted by the other.
#[test]
fn a_dead_nodes_partitions_are_taken_over_within_five_seconds() {
    twice("taking over", || {
        let kafka = MockKafka::start(1);
        let topic = kafka.create_topic(PARTITIONS);
        let url = kafka.url(&topic);
        let Some(mut cluster) = Cluster::start(3, &[("--queue", &url)]) else {
            return Ok(());
        };
        cluster.make_posts(1);
        let shares = "SELECT count(DISTINCT node) FROM queue_partitions WHERE node IS NOT NULL";
        until("all have a share", || cluster.number(shares) == 3);
        let node = cluster.nodes.remove(0);
        let address = node.address.to_string();
        node.signal(Signal::Kill);
        node.wait();
        let killed = Instant::now();
        let mut client = cluster.nodes[0].connect();
        for _ in 0..100 {
            assert_eq!(client.get("/posts/post-0").status, 200);
            std::thread::sleep(Duration::from_millis(20));
        }
        cluster.await_written(WAIT_LIMIT, 100);
        let took = killed.elapsed();
        println!("all counted {took:.1?} after the kill");
        let again = cluster.try_start(0, &address).expect("it starts again");
        cluster.nodes.insert(0, again);
        cluster.stop();
        if took <= Duration::from_secs(5) {
            Ok(())
        } else {
            Err(format!("it took {took:.1?}"))
        }
    });
}
