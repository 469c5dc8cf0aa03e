//! The comparison: every contender in every case, round after round.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::case::{CLOSE_CONNECTIONS, Case};
use crate::contender::{Contender, Ready};
use crate::machine::Machine;
use crate::measure::measure;
use crate::options::Options;
use crate::results::Results;
use crate::skip::skip;
use crate::workshop::Workshop;
use crate::{chart, demand, load, own, peers, report, table};

/// Every contender, in the order they take turns.
pub fn contenders() -> Vec<Contender> {
    own::contenders()
        .into_iter()
        .chain(peers::contenders())
        .collect()
}

pub fn run(options: &Options, root: &Path) -> Result<()> {
    let wrk = load::wrk_version()?;
    let workshop = Workshop::open(root)?;
    let ready = prepare(contenders(), options, &workshop)?;
    let cases = cases(options);
    let count: usize = cases
        .iter()
        .map(|case| ready.iter().filter(|ready| takes_part(ready, case)).count())
        .sum();
    let minutes = (count * options.rounds) as f64 * (options.seconds as f64 + 3.0) / 60.0;
    eprintln!(
        "{} measurements, about {minutes:.0} minutes",
        count * options.rounds
    );

    let mut results = Results::default();
    for round in 1..=options.rounds {
        for case in &cases {
            for ready in ready.iter().filter(|ready| takes_part(ready, case)) {
                workshop.go_on()?;
                let name = ready.contender.name;
                let outcome = measure(ready, case, options.seconds, &workshop);
                results.note((round, options.rounds), name, *case, outcome);
            }
        }
    }
    if results.runs.is_empty() {
        bail!("nothing could be measured");
    }
    publish(options, root, &results, &ready, wrk)
}

/// Builds what is wanted; what cannot be built is skipped with a line.
fn prepare(
    contenders: Vec<Contender>,
    options: &Options,
    workshop: &Workshop,
) -> Result<Vec<Ready>> {
    for name in &options.only {
        if !contenders.iter().any(|contender| contender.name == name) {
            bail!("no contender is called {name}; try --list");
        }
    }
    let mut ready = Vec::new();
    for contender in contenders {
        if !is_wanted(&contender, options) {
            continue;
        }
        match (contender.prepare)(workshop) {
            Ok(recipe) => ready.push(Ready { contender, recipe }),
            Err(error) => skip(contender.name, &error)?,
        }
    }
    if ready.is_empty() {
        bail!("no contender can run");
    }
    Ok(ready)
}

fn is_wanted(contender: &Contender, options: &Options) -> bool {
    let name = contender.name;
    if options.demanded {
        let mut demands = demand::against_peers().into_iter();
        return demands.any(|demand| demand.ours.0 == name || demand.theirs.0 == name);
    }
    options.only.is_empty() || options.only.iter().any(|wanted| wanted == name)
}

fn cases(options: &Options) -> Vec<Case> {
    if options.demanded {
        return vec![Case::MAIN, Case::MEMORY];
    }
    let mut cases = Vec::new();
    for &body in &options.bodies {
        cases.extend(
            options
                .connections
                .iter()
                .map(|&connections| Case::one_post(body, connections)),
        );
        if options.close {
            cases.push(Case {
                keep_alive: false,
                ..Case::one_post(body, CLOSE_CONNECTIONS)
            });
        }
    }
    let memory = Case::MEMORY;
    if options.bodies.contains(&memory.body) && options.connections.contains(&memory.connections) {
        cases.push(memory);
    }
    cases
}

fn takes_part(ready: &Ready, case: &Case) -> bool {
    case.posts == 1 || ready.contender.many_posts
}

fn publish(
    options: &Options,
    root: &Path,
    results: &Results,
    ready: &[Ready],
    wrk: String,
) -> Result<()> {
    let machine = Machine::here();
    let verdicts = demand::judge(demand::against_peers(), results);
    println!("{}\n", machine.line());
    for case in results.cases() {
        println!("{}", table::of_case(results, &case));
    }
    println!(
        "### Ratios within a round\n\n{}",
        table::of_verdicts(&verdicts)
    );
    println!("{NOTES}");

    let versions: Vec<Value> = ready
        .iter()
        .map(|ready| {
            json!({"contender": ready.contender.name, "about": ready.contender.about, "version": ready.recipe.version})
        })
        .collect();
    let mut document = results.to_json();
    document["machine"] = machine.to_json();
    document["load"] =
        json!({"program": wrk, "seconds": options.seconds, "rounds": options.rounds});
    document["contenders"] = json!(versions);
    document["ratios"] = json!(
        verdicts
            .iter()
            .map(demand::Verdict::to_json)
            .collect::<Vec<_>>()
    );
    report::write(&options.json(root, "compare"), &format!("{document:#}\n"))?;

    let mut notes = vec![format!(
        "Median of {} rounds, line from smallest to largest. {}. Load: {wrk}.",
        options.rounds,
        machine.line()
    )];
    notes.extend(versions_in_lines(ready));
    if let Some(svg) = chart::svg(results, &Case::MAIN, &notes) {
        report::write(&options.svg(root), &svg)?;
    }
    demand::conclude(results, &verdicts)
}

/// Each version once, a few to a line.
fn versions_in_lines(ready: &[Ready]) -> Vec<String> {
    let mut versions: Vec<&str> = Vec::new();
    for ready in ready {
        if !versions.contains(&ready.recipe.version.as_str()) {
            versions.push(&ready.recipe.version);
        }
    }
    versions.chunks(3).map(|some| some.join("; ")).collect()
}

const NOTES: &str = "\
Medians, with the smallest and largest of the rounds in brackets. The load runs on the same machine and takes its share
of the cores: requests/s say how fast both are together, CPU µs/request how much the server itself used (user and
system, all its processes, until its count stood still). Latencies come from a closed loop, which understates stalls.
Peak memory is the sum over a contender's processes, so pages shared by forked workers count once for each. Lost are
views answered but not in the count afterwards: a pass of finished requests is exact, the timed load is blind to fewer
than one per connection. A count that exceeds the requests fails its measurement.";
