//! The numbers of posts and of the site, and the beacon.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::exchange::{Exchange, decode_segment};
use super::history::{Asked, History};
use super::problem::Problem;
use super::{posts, query, viewer};
use crate::clock;
use crate::model::{Outcome, PostId, PostKey, PostStats, TimestampMs, Uncounted, ViewEvent};
use crate::store::SITE;

/// Posts asked for at once, at most.
const MANY: usize = 500;

#[derive(Serialize)]
struct Numbers {
    #[serde(skip_serializing_if = "Option::is_none")]
    post: Option<PostId>,
    views: i64,
    viewers: i64,
    uncounted: Uncounted,
    as_of: TimestampMs,
    /// The views of a period, and of its parts, where they were asked for.
    #[serde(flatten)]
    history: History,
}

#[derive(Serialize)]
struct Many {
    items: Vec<Option<Numbers>>,
}

#[derive(Serialize)]
struct Beacon {
    post: PostId,
    outcome: &'static str,
}

impl Numbers {
    /// `viewers` and `uncounted` are always of all time: who came back within a period cannot be told from sums, and
    /// the ledger is kept by UTC days.
    fn new(
        post: Option<PostId>,
        tally: PostStats,
        as_of: TimestampMs,
        history: History,
    ) -> Numbers {
        Numbers {
            post,
            views: history.views.unwrap_or(tally.views),
            viewers: tally.viewers,
            uncounted: tally.uncounted,
            as_of,
            history,
        }
    }
}

/// Counts one view of a post that was read elsewhere, in a page or an application.
pub(super) fn beacon(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let post = posts::find(exchange, segment)?;
    let outcome = note_view(exchange, post.id);
    exchange.response.start(202);
    exchange.response.header("View-Outcome", outcome.name());
    exchange.response.header("Cache-Control", "no-store");
    exchange.response.json(&Beacon {
        post: post.id,
        outcome: outcome.name(),
    });
    Ok(())
}

/// Decides what becomes of a read of `post`, and has it sent once the response is written.
pub(super) fn note_view(exchange: &mut Exchange<'_>, post: PostId) -> Outcome {
    if query::count_is_false(exchange.target.query) {
        return Outcome::OptedOut;
    }
    let (outcome, viewer) = viewer::judge(exchange);
    let uncounted = match outcome {
        Outcome::Uncounted(reason) => Some(reason),
        Outcome::Accepted | Outcome::OptedOut => None,
    };
    // The time is set when the response has been written.
    exchange.event = Some(ViewEvent {
        post,
        at: TimestampMs(0),
        viewer,
        uncounted,
    });
    outcome
}

pub(super) fn of_post(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let slug = decode_segment(segment)?;
    let mut asked = Asked::parse(exchange.target.query, clock::now())?;
    let store = exchange.service.store.store();
    let found = store.tally(PostKey::parse(&slug))?;
    let (post, tally) = found.ok_or_else(Problem::no_such_post)?;
    let history = asked.with_series().history(store, post)?;
    start(exchange);
    exchange
        .response
        .json(&Numbers::new(Some(post), tally, asked.now, history));
    Ok(())
}

pub(super) fn of_many(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let mut asked = Asked::parse(exchange.target.query, clock::now())?;
    let store = exchange.service.store.store();
    let Some(posts) = query::get(exchange.target.query, "posts") else {
        let tally = store.site_stats()?;
        let history = asked.with_series().history(store, SITE)?;
        start(exchange);
        exchange
            .response
            .json(&Numbers::new(None, tally, asked.now, history));
        return Ok(());
    };
    let names: Vec<&str> = posts.split(',').filter(|name| !name.is_empty()).collect();
    if names.len() > MANY {
        return Err(Problem::bad_parameter("posts", "up to 500 ids and slugs"));
    }
    let mut items = Vec::with_capacity(names.len());
    for name in names {
        // Decoded before, with the list; slugs are kept composed.
        let name: String = name.nfc().collect();
        items.push(match store.tally(PostKey::parse(&name))? {
            Some((post, tally)) => {
                let history = asked.history(store, post)?;
                Some(Numbers::new(Some(post), tally, asked.now, history))
            }
            None => None,
        });
    }
    start(exchange);
    exchange.response.json(&Many { items });
    Ok(())
}

fn start(exchange: &mut Exchange<'_>) {
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-cache");
}
