//! Measures viewtally against what people would use instead: `cargo bench --bench peers -- --help`.
//!
//! ```text
//! cargo bench --bench peers -- --close        every contender in every case; two hours
//! cargo bench --bench peers -- --demanded     what a demand is made on, and nothing else; ten minutes
//! cargo bench --bench peers -- --quick        does the harness work? half a minute
//! cargo bench --bench peers -- --only viewtally,go-channel,nginx --bodies 2048 --connections 64
//! cargo bench --bench peers -- --scaling      posts and connections, viewtally alone
//! cargo bench --bench peers -- --locked       reads while the database is locked
//! cargo bench --bench peers -- --smoke        instructions per request against the recorded figure
//! ```
//!
//! Each contender is started on loopback for each measurement, in turn and again in turn, so that whatever else the
//! machine does falls on all alike; claims are ratios within one round. The load is wrk on the same machine: CPU time
//! per request is the figure to trust, requests/s depend on what wrk leaves over.
//!
//! What is deliberately absent: any load off loopback, any load without an end, and any figure that is not followed by
//! where it was measured. Every child process is stopped by its own id when its guard is dropped, panics included.

mod balance;
mod case;
mod chart;
mod compare;
mod contender;
mod demand;
mod http;
mod load;
mod locked;
mod machine;
mod markdown;
mod measure;
mod options;
mod own;
mod peers;
mod proc;
mod python;
mod report;
mod results;
mod scaling;
mod seed;
mod skip;
mod smoke;
mod stats;
mod table;
mod workshop;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use crate::options::{HELP, Mode, Options};

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too, without the argument that cargo bench adds.
    if !std::env::args().any(|argument| argument == "--bench" || argument == "--help") {
        println!("nothing measured; run it with: cargo bench --bench peers");
        return ExitCode::SUCCESS;
    }
    exit_code(Options::read(std::env::args().skip(1)).and_then(|options| run(&options)))
}

fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let root = root();
    match options.mode {
        Mode::Compare => compare::run(options, &root),
        Mode::Scaling => scaling::run(options, &root),
        Mode::Locked => locked::run(options, &root),
        Mode::Smoke { write } => smoke::run(write, &root),
        Mode::List => {
            for contender in compare::contenders() {
                println!("{:<18} {}", contender.name, contender.about);
            }
            Ok(())
        }
        Mode::Help => {
            println!("{HELP}");
            Ok(())
        }
    }
}

/// `target/bench`, wherever cargo's target directory is.
fn root() -> PathBuf {
    let inside = Path::new(env!("CARGO_TARGET_TMPDIR"));
    inside.parent().unwrap_or(inside).join("bench")
}
