//! The identity after a round: what was answered is counted or in the ledger, viewer by viewer.

use std::collections::HashMap;
use std::path::Path;

use super::expected::Expected;
use super::plan::{Kind, Plan};
use super::reader::POSTS;
use crate::support::Database;

/// What the round knows beyond the reads.
#[derive(Debug, Default)]
pub struct Facts {
    /// Events that a server said it lost.
    pub lost: i64,
    /// Events that servers said they had written, if all of them came to say so.
    pub written: Option<i64>,
    /// The post that was deleted.
    pub deleted: Option<usize>,
    /// Views that an import counted.
    pub imported: i64,
}

/// Panics with what does not add up.
pub fn check(plan: &Plan, database: &Path, expected: &Expected, facts: &Facts) {
    let mut database = Database::open(database);
    database.assert_sound();
    let counted = database.views_by_name();
    check_viewers(plan, expected, facts, &counted);
    let of_names: i64 = counted.values().sum();
    let anonymous = "SELECT coalesce(sum(views), 0) AS number FROM viewings WHERE viewer < 0";
    assert_eq!(
        database.number(anonymous),
        facts.imported,
        "views of the import"
    );
    let views = of_names + facts.imported;
    for sum in [
        "SELECT coalesce(sum(views), 0) AS number FROM counts",
        "SELECT coalesce(sum(views), 0) AS number FROM hourly_views WHERE post > 0",
        "SELECT coalesce(sum(views), 0) AS number FROM hourly_views WHERE post = 0",
    ] {
        assert_eq!(database.number(sum), views, "{sum}");
    }
    let viewings = database.number("SELECT count(*) AS number FROM viewings");
    assert_eq!(
        database.number("SELECT sum(viewers) AS number FROM counts"),
        viewings
    );
    check_ledger(plan, expected, facts, &mut database, of_names);
}

/// Nobody is counted who was not answered, nor more often; everybody who was is counted.
fn check_viewers(plan: &Plan, expected: &Expected, facts: &Facts, counted: &HashMap<String, i64>) {
    let most_views = |most: i64| if plan.window { most.min(1) } else { most };
    for (name, views) in counted {
        let known = expected.viewers.get(name);
        let most = known.map_or(0, |viewer| most_views(viewer.reads.most));
        assert!(
            *views <= most,
            "{name} has {views} views and read {known:?}"
        );
    }
    // Whose views were shed, or lost with a word, nobody knows: the sums say how many.
    if plan.overflow == "shed" || facts.lost > 0 {
        return;
    }
    let missing: Vec<_> = expected
        .viewers
        .iter()
        .filter(|(_, viewer)| Some(viewer.post) != facts.deleted)
        .filter(|(name, viewer)| {
            counted.get(*name).copied().unwrap_or(0) < most_views(viewer.reads.least)
        })
        .collect();
    assert!(
        missing.is_empty(),
        "{} viewers miss views, among them {:?}",
        missing.len(),
        missing.iter().take(5).collect::<Vec<_>>()
    );
}

fn check_ledger(
    plan: &Plan,
    expected: &Expected,
    facts: &Facts,
    database: &mut Database,
    views: i64,
) {
    let sheds = plan.overflow == "shed";
    let is_certain = !sheds && facts.lost == 0 && facts.deleted.is_none();
    for (reason, bounds) in [
        ("bot", expected.bot),
        ("prefetch", expected.prefetch),
        ("excluded", expected.excluded),
    ] {
        let found = database.uncounted(reason);
        let holds = if is_certain {
            bounds.hold(found)
        } else {
            found <= bounds.most
        };
        assert!(holds, "{found} {reason}, expected {bounds:?}");
    }
    let (duplicates, dropped) = (
        database.uncounted("duplicate"),
        database.uncounted("dropped"),
    );
    assert!(
        plan.window || duplicates == 0,
        "{duplicates} duplicates without a window"
    );
    assert!(
        sheds || plan.kind == Kind::Edits || dropped == 0,
        "{dropped} dropped"
    );
    // The rows of a deleted post are gone: what the server said of all it wrote is compared instead.
    let in_database = views + database.ledger();
    let written = match facts.deleted {
        None => in_database,
        Some(deleted) => {
            assert!(deleted < POSTS);
            facts.written.expect("a drain that came to its end")
        }
    };
    let all = written + facts.lost;
    assert!(
        expected.all.hold(all),
        "{all} written ({views} views) or told lost, expected {:?}",
        expected.all
    );
    if let (Some(told), None) = (facts.written, facts.deleted) {
        assert_eq!(told, in_database, "what the servers said they wrote");
    }
}
