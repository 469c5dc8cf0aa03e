//! The command line of the harness.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};

/// What `--help` prints.
pub const HELP: &str = "\
Measures viewtally against what people would use instead, on loopback.

Usage: cargo bench --bench peers -- [OPTIONS]

Comparing (the default)
  --rounds N            each contender in turn, N times over [7]
  --seconds N           length of one measurement [3]
  --only NAME,…         these contenders alone
  --demanded            only the contenders and cases that a demand is made on; ten minutes
  --bodies BYTES,…      sizes of a post's body [100,2048,20480]
  --connections N,…     connections kept open [1,8,64,512]
  --close               one more case: 64 connections, a new one for each request
  --quick               a smoke run: one round of 1 s, 2 KB, 64 connections; other options still apply
  --json FILE           results [target/bench/MODE.json]
  --svg FILE            chart [target/bench/compare.svg]
  --list                names the contenders

Other measurements
  --scaling             cost with 10² … posts and with 1 … 5,000 connections, viewtally alone
  --posts N,…           for --scaling [100,10000,1000000]
  --locked              reads while the database is locked, against quiet ones, viewtally alone
  --smoke               instructions per request under callgrind, against tests/bench/instructions.txt; fails beyond ±5 %
  --smoke --write       records the figure instead

Needs wrk. A contender whose tools are missing is skipped with a line that says what to install; with
VIEWTALLY_REQUIRE_ALL=1 that is a failure. A demand that is not met, a measurement that fails and a view that viewtally
lost make the exit status 1, after everything is printed.";

/// What is to be measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Compare,
    Scaling,
    Locked,
    Smoke { write: bool },
    List,
    Help,
}

/// The command line, read.
pub struct Options {
    pub mode: Mode,
    pub rounds: usize,
    pub seconds: u64,
    pub only: Vec<String>,
    pub demanded: bool,
    pub bodies: Vec<usize>,
    pub connections: Vec<usize>,
    pub close: bool,
    pub quick: bool,
    pub posts: Vec<usize>,
    json: Option<PathBuf>,
    svg: Option<PathBuf>,
}

impl Options {
    pub fn read(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let arguments: Vec<String> = arguments.collect();
        let quick = arguments.iter().any(|argument| argument == "--quick");
        let mut options = Self {
            mode: Mode::Compare,
            rounds: if quick { 1 } else { 7 },
            seconds: if quick { 1 } else { 3 },
            only: Vec::new(),
            demanded: false,
            bodies: if quick {
                vec![2048]
            } else {
                vec![100, 2048, 20480]
            },
            connections: if quick { vec![64] } else { vec![1, 8, 64, 512] },
            close: false,
            quick,
            posts: if quick {
                vec![100, 1000]
            } else {
                vec![100, 10_000, 1_000_000]
            },
            json: None,
            svg: None,
        };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("{name} needs a value"))
            };
            match name.as_str() {
                // Cargo adds this one; --quick was seen above.
                "--bench" | "--quick" => {}
                "--rounds" => options.rounds = number(&value()?)?,
                "--seconds" => options.seconds = number(&value()?)?,
                "--only" => options.only = list(&value()?)?,
                "--bodies" => options.bodies = list(&value()?)?,
                "--connections" => options.connections = list(&value()?)?,
                "--posts" => options.posts = list(&value()?)?,
                "--json" => options.json = Some(value()?.into()),
                "--svg" => options.svg = Some(value()?.into()),
                "--demanded" => options.demanded = true,
                "--close" => options.close = true,
                "--scaling" => options.mode = Mode::Scaling,
                "--locked" => options.mode = Mode::Locked,
                "--smoke" => options.mode = Mode::Smoke { write: false },
                "--write" if matches!(options.mode, Mode::Smoke { .. }) => {
                    options.mode = Mode::Smoke { write: true }
                }
                "--list" => options.mode = Mode::List,
                "--help" | "-h" => options.mode = Mode::Help,
                _ => bail!("unknown option {name}; try --help"),
            }
        }
        let sizes = options.connections.iter().chain(&options.posts);
        if options.rounds == 0 || options.seconds == 0 || sizes.copied().any(|size| size == 0) {
            bail!("rounds, seconds, connections and posts start at 1");
        }
        Ok(options)
    }

    pub fn json(&self, root: &Path, name: &str) -> PathBuf {
        self.json
            .clone()
            .unwrap_or_else(|| root.join(format!("{name}.json")))
    }

    pub fn svg(&self, root: &Path) -> PathBuf {
        self.svg.clone().unwrap_or_else(|| root.join("compare.svg"))
    }
}

fn number<T: FromStr>(text: &str) -> Result<T> {
    text.trim()
        .parse()
        .ok()
        .with_context(|| format!("cannot read {text:?} as a number"))
}

fn list<T: FromStr>(text: &str) -> Result<Vec<T>> {
    text.split(',').map(number).collect()
}
