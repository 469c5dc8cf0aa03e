//! All samples of a run, and what they say together.

use anyhow::Result;
use serde_json::{Value, json};

use crate::case::Case;
use crate::measure::{Metric, Sample};
use crate::stats::Spread;

/// One measurement and where it belongs.
pub struct Run {
    pub round: usize,
    pub contender: &'static str,
    pub case: Case,
    pub sample: Sample,
}

/// Everything measured, in the order it was measured.
#[derive(Default)]
pub struct Results {
    pub runs: Vec<Run>,
    /// Measurements that failed, and why.
    pub failures: Vec<String>,
}

impl Results {
    /// Keeps what became of a measurement and says it. `round` is followed by the number of all rounds.
    pub fn note(
        &mut self,
        (round, rounds): (usize, usize),
        contender: &'static str,
        case: Case,
        outcome: Result<Sample>,
    ) {
        let place = format!("round {round}/{rounds}: {case}: {contender}");
        match outcome {
            Ok(sample) => {
                eprintln!("{place}: {sample}");
                self.runs.push(Run {
                    round,
                    contender,
                    case,
                    sample,
                });
            }
            Err(error) => {
                let failure = format!("{place}: failed: {error:#}");
                eprintln!("{failure}");
                self.failures.push(failure);
            }
        }
    }

    /// The cases measured, each once, in order.
    pub fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for run in &self.runs {
            if !cases.contains(&run.case) {
                cases.push(run.case);
            }
        }
        cases
    }

    /// The contenders measured in a case, in order.
    pub fn contenders(&self, case: &Case) -> Vec<&'static str> {
        let mut names = Vec::new();
        for run in self.runs.iter().filter(|run| run.case == *case) {
            if !names.contains(&run.contender) {
                names.push(run.contender);
            }
        }
        names
    }

    pub fn spread(&self, contender: &str, case: &Case, metric: Metric) -> Option<Spread> {
        Spread::of(
            self.of(contender, case)
                .filter_map(|run| metric.of(&run.sample)),
        )
    }

    /// The share of answered views that were not counted, over all rounds.
    pub fn lost_share(&self, contender: &str, case: &Case) -> Option<f64> {
        let counted: Vec<_> = self
            .of(contender, case)
            .filter_map(|run| Some((run.sample.lost?, run.sample)))
            .collect();
        let answered: u64 = counted.iter().map(|(_, sample)| sample.answered).sum();
        let lost: u64 = counted.iter().map(|(lost, _)| lost).sum();
        (answered > 0).then(|| lost as f64 / answered as f64)
    }

    /// One metric of one contender and case by that of another, taken within each round: what slowed the machine for a
    /// while slowed both.
    pub fn ratio(
        &self,
        metric: Metric,
        ours: (&str, &Case),
        theirs: (&str, &Case),
    ) -> Option<Spread> {
        Spread::of(self.of(ours.0, ours.1).filter_map(|own| {
            let other = self
                .of(theirs.0, theirs.1)
                .find(|other| other.round == own.round)?;
            let base = metric.of(&other.sample)?;
            (base > 0.0).then_some(metric.of(&own.sample)? / base)
        }))
    }

    pub fn to_json(&self) -> Value {
        let mut summary = Vec::new();
        for case in self.cases() {
            for contender in self.contenders(&case) {
                let mut entry = json!({"contender": contender, "case": case.to_json()});
                for metric in Metric::ALL {
                    entry[metric.name()] =
                        json!(self.spread(contender, &case, metric).map(Spread::to_json));
                }
                entry["lost_share"] = json!(self.lost_share(contender, &case));
                summary.push(entry);
            }
        }
        let runs: Vec<Value> = self
            .runs
            .iter()
            .map(|run| {
                json!({
                    "round": run.round,
                    "contender": run.contender,
                    "case": run.case.to_json(),
                    "sample": run.sample.to_json(),
                })
            })
            .collect();
        json!({"summary": summary, "runs": runs})
    }

    fn of<'a>(&'a self, contender: &'a str, case: &'a Case) -> impl Iterator<Item = &'a Run> {
        self.runs
            .iter()
            .filter(move |run| run.contender == contender && run.case == *case)
    }
}
