//! Nodes on one database, each with a folder of its own for its journal.

use std::time::{Duration, Instant};

use crate::support::postgres::{self, Postgres};
use crate::support::proxy::Proxy;
use crate::support::{Home, Server, WAIT_LIMIT, missing, until, until_within};

/// The one database of each cluster.
pub const DATABASE: &str = "viewtally";

/// How long a start may take: a database that does not answer is waited for.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The servers, and what they stand on.
pub struct Cluster {
    // First, so that they end before their database does.
    pub nodes: Vec<Server>,
    places: Vec<Place>,
    flags: Vec<(String, String)>,
    pub postgres: Postgres,
}

/// Where a node runs.
struct Place {
    home: Home,
    url: String,
    /// What it is started by, to be somewhere else.
    entry: Vec<String>,
}

impl Cluster {
    /// A database without nodes; `None`, having said so, where there is no PostgreSQL.
    pub fn empty(flags: &[(&str, &str)]) -> Option<Self> {
        let Some(postgres) = Postgres::start() else {
            missing(postgres::MISSING);
            return None;
        };
        postgres.psql("postgres", &format!("CREATE DATABASE {DATABASE}"));
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Some(Self {
            nodes: Vec::new(),
            places: Vec::new(),
            flags: flags.iter().map(owned).collect(),
            postgres,
        })
    }

    /// A database and so many nodes.
    pub fn start(nodes: usize, flags: &[(&str, &str)]) -> Option<Self> {
        let mut cluster = Self::empty(flags)?;
        for _ in 0..nodes {
            let url = cluster.url();
            cluster.join(&url);
        }
        Some(cluster)
    }

    /// The database's own address.
    pub fn url(&self) -> String {
        self.postgres.url(DATABASE)
    }

    /// Puts a proxy before the database.
    pub fn proxy(&self) -> Proxy {
        Proxy::start(self.postgres.port())
    }

    /// Starts one more node, with the database at this address.
    pub fn join(&mut self, url: &str) {
        self.join_from(Vec::new(), "127.0.0.1:0", url);
    }

    /// As [`Cluster::join`], for a node that is started by this command and listens there.
    pub fn join_from(&mut self, entry: Vec<String>, listen: &str, url: &str) {
        self.places.push(Place {
            home: Home::new(),
            url: url.to_owned(),
            entry,
        });
        let server = self.try_start(self.nodes.len(), listen);
        self.nodes.push(server.expect("a node starts"));
    }

    /// Starts a node where it was; its stderr if it cannot.
    pub fn try_start(&self, node: usize, address: &str) -> Result<Server, String> {
        let place = &self.places[node];
        let flags: Vec<(&str, &str)> = self
            .flags
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        place
            .home
            .serve()
            .entering(&place.entry)
            .flag("--store", &place.url)
            .flag("--listen", address)
            .flags(&flags)
            .try_start_within(START_LIMIT)
    }

    /// Makes posts `post-0` and so on, by an import, and waits until every node serves them.
    pub fn make_posts(&self, count: usize) {
        let home = Home::new();
        for number in 0..count {
            home.write(&format!("posts/post-{number}.md"), "# Post\n\ntext\n");
        }
        let arguments = ["import", "posts", "posts", "--store", &self.url()];
        let imported = home.run_bare(&arguments);
        assert_eq!(imported.code, Some(0), "{imported:?}");
        for node in &self.nodes {
            let path = format!("/posts/post-{}?count=false", count - 1);
            until("a node serves the posts", || node.get(&path).status == 200);
        }
    }

    /// What a query answers: a line a row, `|` between columns.
    pub fn rows(&self, sql: &str) -> String {
        self.postgres.psql(DATABASE, sql)
    }

    /// The one number that a query answers; nothing is 0.
    pub fn number(&self, sql: &str) -> i64 {
        match self.rows(sql).as_str() {
            "" => 0,
            number => number.parse().expect("a whole number"),
        }
    }

    /// All that is counted or in the ledger.
    pub fn written(&self) -> i64 {
        self.number(
            "SELECT (SELECT coalesce(sum(views), 0) FROM counts) + (SELECT coalesce(sum(count), 0) FROM ledger)",
        )
    }

    /// Waits until all that was answered is in the database.
    pub fn await_written(&self, limit: Duration, answered: i64) {
        until_within(limit, "all is counted", || self.written() >= answered);
        assert_eq!(self.written(), answered, "counted or in the ledger");
    }

    /// Waits until nothing more is written: at least so much is, or nothing for as long as anything may take.
    pub fn settle(&self, limit: Duration, at_least: i64) {
        let (mut last, mut since) = (self.written(), Instant::now());
        until_within(limit, "nothing more is written", || {
            let now = self.written();
            if now != last {
                (last, since) = (now, Instant::now());
            }
            let enough = if last >= at_least {
                Duration::from_secs(1)
            } else {
                WAIT_LIMIT
            };
            since.elapsed() > enough
        });
    }

    /// Stops every node and asks each that nothing is left of it; then looks whether the sums in the database agree.
    pub fn stop(&mut self) {
        for node in self.nodes.drain(..) {
            let finished = node.stop();
            assert_eq!(finished.code, Some(0), "{finished:?}");
        }
        for place in &self.places {
            let url = self.url();
            let checked = place.home.run_bare(&["check", "--store", &url]);
            assert_eq!(checked.code, Some(0), "{checked:?}");
            assert!(!checked.stdout.contains("journal"), "{checked:?}");
        }
    }

    /// Sets a new instance in the place of the one that is no more.
    pub fn fail_over(&mut self, postgres: Postgres) {
        self.postgres = postgres;
    }
}

/// Waits until `shows` holds: an error where it does so only after a second.
pub fn within_a_second(
    since: Instant,
    what: &str,
    shows: impl FnMut() -> bool,
) -> Result<(), String> {
    until(what, shows);
    let took = since.elapsed();
    if took <= Duration::from_secs(1) {
        Ok(())
    } else {
        Err(format!("{what}, but after {took:.1?}"))
    }
}
