//! The identity: what was answered is counted or in the ledger, once, viewer by viewer and post by post.

use std::collections::HashMap;

use super::nodes::Cluster;
use super::readers::Read;

/// At least and at most so many: answered, and also those under way when their connection ended.
#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    least: i64,
    most: i64,
}

impl Bounds {
    fn add(&mut self, is_answered: bool) {
        self.least += i64::from(is_answered);
        self.most += 1;
    }

    fn hold(self, found: i64) -> bool {
        (self.least..=self.most).contains(&found)
    }
}

/// Panics with what does not add up. With a window, which must be one that does not end meanwhile, a viewer counts once a
/// post.
pub fn check(cluster: &Cluster, reads: &[Read], has_window: bool) {
    let mut pairs: HashMap<(u32, u32), Bounds> = HashMap::new();
    let mut posts: HashMap<u32, Bounds> = HashMap::new();
    for read in reads {
        let pair = pairs.entry((read.viewer, read.post)).or_default();
        pair.add(read.is_answered);
        posts.entry(read.post).or_default().add(read.is_answered);
    }
    if has_window {
        for pair in pairs.values_mut() {
            pair.least = pair.least.min(1);
            pair.most = 1;
        }
    }
    let viewings = viewings(cluster);
    assert!(!viewings.is_empty(), "nothing was counted");
    let mut sums: HashMap<u32, i64> = HashMap::new();
    for (pair, views) in &viewings {
        let bounds = pairs.get(pair).copied().unwrap_or_default();
        assert!(
            bounds.hold(*views),
            "viewer {} has {views} views of post {}, expected {bounds:?}",
            pair.0,
            pair.1
        );
        *sums.entry(pair.1).or_default() += views;
    }
    let missing: Vec<_> = pairs
        .iter()
        .filter(|(pair, bounds)| bounds.least > 0 && !viewings.contains_key(pair))
        .collect();
    assert!(
        missing.is_empty(),
        "{} views are missing, among them {:?}",
        missing.len(),
        missing.iter().take(5).collect::<Vec<_>>()
    );
    let (counts, duplicates) = (counts(cluster), duplicates(cluster));
    assert!(has_window || duplicates.is_empty(), "{duplicates:?}");
    for (post, bounds) in &posts {
        let views = counts.get(post).copied().unwrap_or(0);
        assert_eq!(views, sums.get(post).copied().unwrap_or(0), "post {post}");
        let found = views + duplicates.get(post).copied().unwrap_or(0);
        assert!(
            bounds.hold(found),
            "{found} views and duplicates of post {post}, expected {bounds:?}"
        );
    }
    let dropped = "SELECT coalesce(sum(count), 0) FROM ledger WHERE reason <> 'duplicate'";
    assert_eq!(cluster.number(dropped), 0, "for other reasons");
}

/// The views of each viewer and post.
fn viewings(cluster: &Cluster) -> HashMap<(u32, u32), i64> {
    let rows = cluster.rows(
        "SELECT substr(viewers.name, 8), substr(posts.slug, 6), viewings.views
         FROM viewings JOIN posts ON posts.id = viewings.post JOIN viewers ON viewers.id = viewings.viewer",
    );
    rows.lines()
        .map(|row| {
            let [viewer, post, views] = numbers(row);
            ((small(viewer), small(post)), views)
        })
        .collect()
}

fn counts(cluster: &Cluster) -> HashMap<u32, i64> {
    by_post(
        cluster,
        "SELECT substr(posts.slug, 6), counts.views FROM counts JOIN posts ON posts.id = counts.post",
    )
}

fn duplicates(cluster: &Cluster) -> HashMap<u32, i64> {
    by_post(
        cluster,
        "SELECT substr(posts.slug, 6), sum(ledger.count) FROM ledger JOIN posts ON posts.id = ledger.post
         WHERE reason = 'duplicate' GROUP BY posts.slug",
    )
}

fn by_post(cluster: &Cluster, sql: &str) -> HashMap<u32, i64> {
    let rows = cluster.rows(sql);
    rows.lines()
        .map(|row| {
            let [post, number] = numbers(row);
            (small(post), number)
        })
        .collect()
}

fn numbers<const N: usize>(row: &str) -> [i64; N] {
    let mut columns = row.split('|');
    std::array::from_fn(|_| {
        let column = columns.next().expect("a column");
        column.parse().expect("a whole number")
    })
}

fn small(number: i64) -> u32 {
    u32::try_from(number).expect("one that a reader chose")
}
