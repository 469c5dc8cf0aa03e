//! Writes the inputs that a fuzz target starts from: a few of its own, and real ones where `../shared/data` has them.
//!
//! `seeds TARGET FOLDER`, run in the repository. A seed is named by its place in the list, so that writing again adds
//! nothing.

mod messages;
mod own;
mod real;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, folder] = &arguments[..] else {
        eprintln!("usage: seeds TARGET FOLDER");
        return ExitCode::from(2);
    };
    match write(target, Path::new(folder)) {
        Ok(count) => {
            println!("{count} seeds for {target}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write seeds to {folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(target: &str, folder: &Path) -> std::io::Result<usize> {
    let mut seeds = own::seeds(target);
    seeds.extend(real::seeds(target));
    if target == "queue_message" {
        seeds.extend(messages::seeds()?);
    }
    std::fs::create_dir_all(folder)?;
    for (number, seed) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:04}")), seed)?;
    }
    Ok(seeds.len())
}
