//! Messages of a queue: applied once, read by one node at a time, and set aside where they cannot be applied.

use std::time::{Duration, Instant};

use super::database::Database;
use super::samples::{NOON, after_noon, assert_consistent, counts, create, views};
use crate::model::time::DAY;
use crate::model::{Batch, Delivery, Lease, MessageId, QueuedBatch, RejectedMessage};
use crate::sink::SinkError;
use crate::store::Store;

const QUEUE: &str = "a queue";

fn message(number: u128, batch: Batch) -> QueuedBatch {
    QueuedBatch {
        id: MessageId::new(NOON, number),
        batch,
    }
}

fn delivery(lease: &Lease, position: &str, batches: Vec<QueuedBatch>) -> Delivery {
    Delivery {
        queue: QUEUE.to_owned(),
        partition: lease.partition,
        epoch: Some(lease.epoch),
        position: Some(position.to_owned()),
        batches,
        rejected: Vec::new(),
    }
}

/// The only partition, for a node.
fn lease(store: &dyn Store, node: i64) -> Lease {
    let mut leases = store.share_partitions(QUEUE, node, 1).expect("a share");
    leases.pop().expect("nobody else has it")
}

fn partitions(leases: &[Lease]) -> Vec<u32> {
    leases.iter().map(|lease| lease.partition).collect()
}

pub fn a_message_is_applied_once(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let lease = lease(&*store, 1);
    let one = message(1, views(post, NOON, 3));
    let two = message(2, views(post, after_noon(1), 4));
    let first = delivery(&lease, "1", vec![one.clone(), two.clone(), one.clone()]);
    let delivered = store.apply_delivery(&first).expect("a delivery");
    assert_eq!((delivered.result.counted, delivered.repeated), (7, 1));
    // As after an answer that was lost.
    let again = store.apply_delivery(&first).expect("the same delivery");
    assert_eq!((again.result.counted, again.repeated), (0, 3));
    // From another queue, and so from another partition.
    let elsewhere = Delivery {
        queue: "another".to_owned(),
        epoch: None,
        position: None,
        batches: vec![two, message(3, views(post, NOON, 5))],
        ..first
    };
    let delivered = store.apply_delivery(&elsewhere).expect("a delivery");
    assert_eq!((delivered.result.counted, delivered.repeated), (5, 1));
    assert_eq!(counts(&*store, post).0, 12);
    assert_consistent(&*store);
}

pub fn partitions_are_shared_evenly(db: &dyn Database) {
    let store = db.store();
    let share = |node| store.share_partitions(QUEUE, node, 5).expect("a share");
    assert_eq!(partitions(&share(1)), [0, 1, 2, 3, 4]);
    // The second finds nothing free; the first gives back what is more than its share.
    assert_eq!(partitions(&share(2)), [] as [u32; 0]);
    assert_eq!(partitions(&share(1)), [0, 1, 2]);
    assert_eq!(partitions(&share(2)), [3, 4]);
    // Another queue is another matter.
    let other = store.share_partitions("another", 3, 2).expect("a share");
    assert_eq!(partitions(&other), [0, 1]);
    let epochs: Vec<i64> = share(2).iter().map(|lease| lease.epoch).collect();
    assert_eq!(epochs, [2, 2], "who reads them is the second reader");
    store.leave_queue(QUEUE, 1).expect("a farewell");
    assert_eq!(partitions(&share(2)), [0, 1, 2, 3, 4]);
    // Partitions may be added, and a topic made anew with fewer.
    let more = store.share_partitions(QUEUE, 2, 7).expect("a share");
    assert_eq!(more.len(), 7);
    let fewer = store.share_partitions(QUEUE, 2, 2).expect("a share");
    assert_eq!(partitions(&fewer), [0, 1]);
    let joined = store.share_partitions(QUEUE, 4, 2).expect("a share");
    assert!(joined.is_empty());
    assert_eq!(
        partitions(&store.share_partitions(QUEUE, 2, 2).expect("a share")),
        [0]
    );
    assert_eq!(
        partitions(&store.share_partitions(QUEUE, 4, 2).expect("a share")),
        [1]
    );
}

pub fn who_says_nothing_is_followed_by_another(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let before = lease(&*store, 1);
    let one = delivery(&before, "7", vec![message(1, views(post, NOON, 1))]);
    store.apply_delivery(&one).expect("a delivery");
    let start = Instant::now();
    let after = loop {
        let mut leases = store.share_partitions(QUEUE, 2, 1).expect("a share");
        if let Some(lease) = leases.pop() {
            break lease;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "it is never free");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(after.position.as_deref(), Some("7"));
    // The first was only slow. Whatever it has received meanwhile changes nothing.
    let late = delivery(&before, "9", vec![message(2, views(post, NOON, 1))]);
    let refused = store.apply_delivery(&late).map(|_| ());
    assert_eq!(refused, Err(SinkError::NotOurs));
    let now = delivery(&after, "8", vec![message(2, views(post, NOON, 1))]);
    let applied = store.apply_delivery(&now).expect("a delivery");
    assert_eq!(applied.result.counted, 1, "it was not applied by the first");
    assert_eq!(counts(&*store, post).0, 2);
    assert!(
        store
            .share_partitions(QUEUE, 1, 1)
            .expect("a share")
            .is_empty()
    );
    assert_eq!(lease(&*store, 2).position.as_deref(), Some("8"));
}

pub fn what_is_given_back_is_not_read_on(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let before = lease(&*store, 1);
    store.leave_queue(QUEUE, 1).expect("a farewell");
    let late = delivery(&before, "1", vec![message(1, views(post, NOON, 1))]);
    let refused = store.apply_delivery(&late).map(|_| ());
    assert_eq!(refused, Err(SinkError::NotOurs));
    assert_eq!(counts(&*store, post).0, 0);
}

pub fn what_is_set_aside_waits_for_a_decision(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let lease = lease(&*store, 1);
    let rejected = |position: &str, version, bytes: Vec<u8>| RejectedMessage {
        position: position.to_owned(),
        reason: "it is no message".to_owned(),
        version,
        is_garbage: true,
        bytes,
    };
    let with_garbage = Delivery {
        rejected: vec![
            rejected("1", None, vec![1, 2, 3]),
            rejected("2", Some(9), vec![4]),
            rejected("3", None, vec![0; 5 << 20]),
        ],
        ..delivery(&lease, "3", vec![message(1, views(post, NOON, 1))])
    };
    let delivered = store.apply_delivery(&with_garbage).expect("a delivery");
    assert_eq!((delivered.result.counted, delivered.set_aside), (1, 3));
    // The same once more is not set aside twice.
    let again = store.apply_delivery(&with_garbage).expect("a delivery");
    assert_eq!(again.set_aside, 0);
    assert_eq!(store.count_set_aside(), Ok(3));
    let aside = store.set_aside(0, 10).expect("a list");
    let seen: Vec<(&str, Option<u32>, i64, bool)> = aside
        .iter()
        .map(|one| (&*one.position, one.version, one.length, one.is_kept))
        .collect();
    assert_eq!(
        seen,
        [
            ("1", None, 3, true),
            ("2", Some(9), 1, true),
            ("3", None, 5 << 20, false)
        ]
    );
    assert_eq!(
        store.set_aside(aside[0].id, 1).expect("a list")[0],
        aside[1]
    );
    let bytes = |id| store.set_aside_bytes(id).expect("a read");
    assert_eq!(bytes(aside[0].id), Some(vec![1, 2, 3]));
    assert_eq!(bytes(aside[2].id), None, "too long to be kept");
    // Somebody can read it after all: it is counted once, and no longer set aside.
    let repaired = message(2, views(post, NOON, 10));
    let applied = store
        .apply_set_aside(aside[0].id, &repaired)
        .expect("a write");
    assert_eq!(applied.result.counted, 10);
    let twice = store
        .apply_set_aside(aside[1].id, &repaired)
        .expect("a write");
    assert_eq!((twice.result.counted, twice.repeated), (0, 1));
    assert_eq!(store.drop_set_aside(aside[2].id), Ok(true));
    assert_eq!(store.drop_set_aside(aside[2].id), Ok(false));
    assert_eq!(store.count_set_aside(), Ok(0));
    assert_eq!(counts(&*store, post).0, 11);
    assert_consistent(&*store);
}

pub fn ids_are_forgotten_when_they_are_old(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let lease = lease(&*store, 1);
    let at = |day: i64, number| QueuedBatch {
        id: MessageId::new(after_noon(day * DAY), number),
        batch: views(post, NOON, 1),
    };
    let old: Vec<QueuedBatch> = (0..25_000).map(|number| at(0, number)).collect();
    let young: Vec<QueuedBatch> = (0..10).map(|number| at(2, number)).collect();
    let apply = |batches: &[QueuedBatch]| {
        let delivery = delivery(&lease, "1", batches.to_vec());
        store
            .apply_delivery(&delivery)
            .expect("a delivery")
            .repeated
    };
    assert_eq!((apply(&old), apply(&young)), (0, 0));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.expect("after 1970").as_millis()).expect("not so late");
    let age = now - after_noon(DAY).0;
    let mut steps = 0;
    while store.prune_messages(age).expect("a step") {
        steps += 1;
    }
    assert!(steps > 1, "one transaction did everything");
    assert_eq!(apply(&young), 10);
    assert_eq!(apply(&old[..100]), 0, "it is not known any more");
}

pub fn of_two_readers_of_one_partition_one_commits(db: &dyn Database) {
    const ROUNDS: u128 = 20;
    let store = db.store();
    let post = create(&*store, "a");
    for round in 0..ROUNDS {
        let before = lease(&*store, 1);
        store.leave_queue(QUEUE, 1).expect("a farewell");
        let after = lease(&*store, 2);
        let ids = [round * 2 + 1, round * 2 + 2];
        let messages: Vec<QueuedBatch> = ids
            .iter()
            .map(|&id| message(id, views(post, NOON, 1)))
            .collect();
        let results: Vec<Result<u64, SinkError>> = std::thread::scope(|scope| {
            let threads = [&before, &after].map(|lease| {
                let delivery = delivery(lease, "1", messages.clone());
                let store = &store;
                scope.spawn(move || apply_patiently(&**store, &delivery))
            });
            threads
                .map(|thread| thread.join().expect("no panic"))
                .into()
        });
        assert_eq!(results, [Err(SinkError::NotOurs), Ok(2)]);
        store.leave_queue(QUEUE, 2).expect("a farewell");
    }
    assert_eq!(counts(&*store, post).0, 2 * ROUNDS as i64);
}

fn apply_patiently(store: &dyn Store, delivery: &Delivery) -> Result<u64, SinkError> {
    let start = Instant::now();
    loop {
        match store.apply_delivery(delivery) {
            Err(SinkError::Busy(_)) if start.elapsed() < Duration::from_secs(30) => {}
            result => return result.map(|delivered| delivered.result.counted),
        }
    }
}
