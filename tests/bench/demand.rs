//! The claims the benchmark has to bear out, each a ratio within a round.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::case::Case;
use crate::measure::Metric;
use crate::results::Results;
use crate::stats::Spread;
use crate::{own, peers};

const NOT_MET: &str = "NOT met";

/// A ratio of one metric between two contenders or two cases, and how large it may be.
pub struct Demand {
    pub what: String,
    pub metric: Metric,
    pub ours: (&'static str, Case),
    pub theirs: (&'static str, Case),
    /// `None` for a ratio that is only shown.
    pub limit: Option<f64>,
}

/// A demand with what was measured.
pub struct Verdict {
    pub demand: Demand,
    pub ratio: Option<Spread>,
}

/// A claim, what it is measured in, and where.
type Claim = (&'static str, Metric, Case);

const CPU: Claim = ("CPU per counted read", Metric::Cpu, Case::MAIN);
const P99: Claim = ("p99", Metric::P99, Case::MAIN);
const PEAK: Claim = ("peak memory", Metric::Peak, Case::MEMORY);

/// Each claim, against whom, and the largest ratio allowed.
const AGAINST_PEERS: [(Claim, &str, Option<f64>); 12] = [
    (CPU, peers::AXUM, Some(0.9)),
    (CPU, peers::GO_CHANNEL, Some(0.5)),
    (CPU, peers::GO_PREPARED, None),
    (CPU, peers::NGINX, Some(1.2)),
    (CPU, own::OFF, Some(1.03)),
    (P99, peers::AXUM, Some(1.0)),
    (P99, peers::GO_CHANNEL, Some(0.5)),
    (P99, peers::GO_PREPARED, None),
    (P99, peers::NGINX, Some(1.0)),
    (PEAK, peers::AXUM, None),
    (PEAK, peers::GO_CHANNEL, Some(1.0)),
    (PEAK, peers::GO_PREPARED, None),
];

/// The demands on viewtally against other contenders.
pub fn against_peers() -> Vec<Demand> {
    AGAINST_PEERS
        .into_iter()
        .map(|((what, metric, case), peer, limit)| Demand {
            what: format!("{what} against {peer}"),
            metric,
            ours: (own::CHANNEL, case),
            theirs: (peer, case),
            limit,
        })
        .collect()
}

/// The end of a run: fails if a measurement failed, a demand is not met, or viewtally lost a view.
pub fn conclude(results: &Results, verdicts: &[Verdict]) -> Result<()> {
    let not_met = verdicts
        .iter()
        .filter(|verdict| verdict.outcome() == NOT_MET);
    let losses = results
        .runs
        .iter()
        .filter(|run| run.contender == own::CHANNEL && run.sample.lost != Some(0));
    let failed: Vec<String> = results
        .failures
        .iter()
        .cloned()
        .chain(losses.map(|run| {
            format!(
                "round {}: {}: {}: {}",
                run.round, run.case, run.contender, run.sample
            )
        }))
        .chain(not_met.map(|verdict| verdict.cells().join(", ")))
        .collect();
    fail_if_any(&failed)
}

/// Fails with what is listed.
pub fn fail_if_any(failed: &[String]) -> Result<()> {
    if !failed.is_empty() {
        bail!("what was demanded is not met:\n  {}", failed.join("\n  "));
    }
    Ok(())
}

/// Compares demands with results.
pub fn judge(demands: Vec<Demand>, results: &Results) -> Vec<Verdict> {
    demands
        .into_iter()
        .map(|demand| {
            let (ours, theirs) = (&demand.ours, &demand.theirs);
            let ratio = results.ratio(demand.metric, (ours.0, &ours.1), (theirs.0, &theirs.1));
            Verdict { demand, ratio }
        })
        .collect()
}

impl Verdict {
    /// `met`, `NOT met`, `shown` or `not measured`.
    pub fn outcome(&self) -> &'static str {
        match (self.ratio, self.demand.limit) {
            (None, _) => "not measured",
            (Some(_), None) => "shown",
            (Some(ratio), Some(limit)) if ratio.median <= limit => "met",
            _ => NOT_MET,
        }
    }

    /// The cells of a table row.
    pub fn cells(&self) -> Vec<String> {
        let ratio = self
            .ratio
            .map_or_else(|| "–".to_owned(), |ratio| ratio.to_string());
        let limit = self
            .demand
            .limit
            .map_or_else(|| "–".to_owned(), |limit| format!("≤ {limit}"));
        vec![
            self.demand.what.clone(),
            self.demand.ours.1.to_string(),
            ratio,
            limit,
            self.outcome().to_owned(),
        ]
    }

    pub fn to_json(&self) -> Value {
        json!({
            "what": self.demand.what,
            "metric": self.demand.metric.name(),
            "case": self.demand.ours.1.to_json(),
            "ratio": self.ratio.map(Spread::to_json),
            "limit": self.demand.limit,
            "outcome": self.outcome(),
        })
    }
}
