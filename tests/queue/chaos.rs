//! Three nodes on one PostgreSQL with a queue between: nodes killed, PostgreSQL restarted, the engine away, all at once.
//! Every 200 that was read is counted or in the ledger, once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::cluster::identity;
use crate::cluster::kills::{self, FLAGS, kill_on};
use crate::cluster::nodes::Cluster;
use crate::cluster::readers::Readers;
use crate::support::let_pass;

const NODES: usize = 3;

/// How long the engine is away, each time.
const AWAY: Duration = Duration::from_secs(4);

/// As often for every engine: many messages, of which many can go wrong.
const FLUSH_EVERY: (&str, &str) = ("--flush-every", "100ms");

/// How much of it.
pub struct Scale {
    pub kills: kills::Scale,
    /// Of so many messages one is sent twice.
    pub repeat_one_in: usize,
}

/// A few of everything.
pub fn quick() -> Scale {
    Scale {
        kills: kills::Scale::quick(),
        repeat_one_in: 10,
    }
}

/// The issue's own measure.
pub fn full() -> Scale {
    Scale {
        kills: kills::Scale::full(),
        repeat_one_in: 100,
    }
}

/// What goes wrong on the way to an engine.
pub trait Faults: Sync {
    /// The engine goes, whichever way that is.
    fn go(&self);

    /// It is back.
    fn come(&self);

    /// Does what goes wrong all the time, again and again until told to stop, and answers what that was.
    fn disturb(&self, scale: &Scale, stop: &AtomicBool) -> String;
}

/// Reads until enough is answered, and asserts that all of it is counted once. Answers how many messages were applied; none
/// where the servers are absent.
pub fn survive(scale: &Scale, queue: &str, faults: &dyn Faults) -> Option<i64> {
    let own = [("--queue", queue), FLUSH_EVERY];
    let flags = [own.as_slice(), &FLAGS].concat();
    let size = &scale.kills;
    let mut cluster = Cluster::start(NODES, &flags)?;
    cluster.make_posts(size.habits.posts as usize);
    let addresses = cluster.nodes.iter().map(|node| node.address).collect();
    let (nodes, stop) = (std::mem::take(&mut cluster.nodes), AtomicBool::new(false));
    let readers = Readers::start(addresses, size.habits);
    let (kills, disturbed) = std::thread::scope(|scope| {
        let killer = scope.spawn(|| kill_on(&cluster, nodes, size.kill_every, &stop));
        let disturber = scope.spawn(|| faults.disturb(scale, &stop));
        for (percent, is_engine) in [(15, true), (30, false), (45, true), (60, false), (75, true)] {
            readers.read_until(size.limit, size.reads * percent / 100);
            if is_engine {
                faults.go();
                let_pass(AWAY);
                faults.come();
            } else {
                cluster.postgres.restart();
            }
        }
        readers.read_until(size.limit, size.reads);
        stop.store(true, Ordering::Relaxed);
        let kills = killer.join().expect("every node starts again");
        (kills, disturber.join().expect("it ends when it is told"))
    });
    let took = readers.elapsed();
    let reads = readers.finish();
    let answered = kills.tell(&reads, took);
    println!("{disturbed}");
    cluster.nodes = kills.nodes;
    let rest = Instant::now();
    cluster.settle(size.limit, answered);
    let applied = cluster.number("SELECT count(*) FROM queue_messages");
    println!(
        "{} written, {:.1?} after; {applied} messages applied",
        cluster.written(),
        rest.elapsed(),
    );
    identity::check(&cluster, &reads, true);
    let set_aside = "SELECT count(*) FROM queue_set_aside";
    assert_eq!(cluster.number(set_aside), 0);
    cluster.stop();
    identity::check(&cluster, &reads, true);
    Some(applied)
}
