//! How the cost of a read grows with the posts in the database and with the connections, viewtally alone.
//!
//! The posts that are asked for stay the same hundred: the question is what the others cost.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::case::Case;
use crate::contender::{self, Counted, Running};
use crate::demand::{self, Demand};
use crate::machine::Machine;
use crate::measure::{Metric, drive};
use crate::options::Options;
use crate::proc::Server;
use crate::results::Results;
use crate::workshop::{Scratch, Workshop};
use crate::{load, own, report, seed, table};

const HOT: usize = 100;
const BODY: usize = 512;
const CONNECTIONS: [usize; 5] = [1, 64, 512, 1000, 5000];
const NAME: &str = own::CHANNEL;

/// A database with some number of posts, kept for all rounds.
struct Site {
    posts: usize,
    dir: PathBuf,
    bytes: u64,
}

pub fn run(options: &Options, root: &Path) -> Result<()> {
    load::wrk_version()?;
    let workshop = Workshop::open(root)?;
    let kept = workshop.scratch()?;
    let sites = options
        .posts
        .iter()
        .map(|&posts| site(posts, &kept, &workshop))
        .collect::<Result<Vec<_>>>()?;

    let mut results = Results::default();
    for round in 1..=options.rounds {
        for (site, connections) in plan(&sites, options.quick) {
            workshop.go_on()?;
            let hot = HOT.min(site.posts);
            let case = Case {
                posts: site.posts,
                hot,
                body: BODY,
                connections,
                keep_alive: true,
            };
            let running = start(site, connections, &workshop)?;
            let outcome = drive(&running, &case, "", options.seconds);
            results.note((round, options.rounds), NAME, case, outcome);
        }
    }
    publish(options, root, &results, &sites)
}

/// Every database at 64 connections, and the first one at every number of connections.
fn plan(sites: &[Site], quick: bool) -> Vec<(&Site, usize)> {
    let mut plan: Vec<_> = sites.iter().map(|site| (site, 64)).collect();
    if let Some(first) = sites.first() {
        let wanted = CONNECTIONS
            .into_iter()
            .filter(|&connections| connections != 64 && !(quick && connections > 1000));
        plan.extend(wanted.map(|connections| (first, connections)));
    }
    plan
}

/// Makes a database of `posts` posts.
fn site(posts: usize, kept: &Scratch, workshop: &Workshop) -> Result<Site> {
    let dir = kept.path().join(posts.to_string());
    fs::create_dir_all(&dir)?;
    let mut site = Site {
        posts,
        dir,
        bytes: 0,
    };
    let running = start(&site, 64, workshop)?;
    seed::prepare_posts(running.port, posts, BODY)
        .with_context(|| format!("cannot create {posts} posts"))?;
    drop(running);
    site.bytes = fs::read_dir(&site.dir)?
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .map(|meta| meta.len())
        .sum();
    eprintln!("{posts} posts in {} MB", site.bytes / (1024 * 1024));
    Ok(site)
}

fn start(site: &Site, connections: usize, workshop: &Workshop) -> Result<Running> {
    let dir = workshop.scratch()?;
    let port = contender::free_port()?;
    let log = dir.path().join("output.log");
    let command = own::serve(port, &site.dir, connections);
    let mut server = Server::start(command, &log)?;
    contender::wait_ready(&mut server, port, "/healthz", &log)
        .context("viewtally did not get ready")?;
    Ok(Running {
        server,
        dir,
        port,
        posts: site.posts,
        counted: Counted::Views,
    })
}

fn publish(options: &Options, root: &Path, results: &Results, sites: &[Site]) -> Result<()> {
    let machine = Machine::here();
    let verdicts = demand::judge(demands(&results.cases()), results);
    println!("{}\n", machine.line());
    for case in results.cases() {
        println!("{}", table::of_case(results, &case));
    }
    println!(
        "### Growth within a round\n\n{}",
        table::of_verdicts(&verdicts)
    );

    let mut document = results.to_json();
    document["machine"] = machine.to_json();
    document["databases"] = json!(
        sites
            .iter()
            .map(|site| json!({"posts": site.posts, "bytes": site.bytes}))
            .collect::<Vec<_>>()
    );
    document["ratios"] = json!(
        verdicts
            .iter()
            .map(demand::Verdict::to_json)
            .collect::<Vec<_>>()
    );
    report::write(&options.json(root, "scaling"), &format!("{document:#}\n"))?;
    demand::conclude(results, &verdicts)
}

/// Each case against the first one; the largest sizes have a limit.
fn demands(cases: &[Case]) -> Vec<Demand> {
    let Some(&base) = cases.first() else {
        return Vec::new();
    };
    cases[1..]
        .iter()
        .map(|&case| Demand {
            what: format!("CPU per request against {base}"),
            metric: Metric::Cpu,
            ours: (NAME, case),
            theirs: (NAME, base),
            limit: match case {
                Case {
                    connections: 5000, ..
                } => Some(1.5),
                Case {
                    posts: 1_000_000, ..
                } => Some(1.3),
                _ => None,
            },
        })
        .collect()
}
