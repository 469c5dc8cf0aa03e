//! What is installed beside the program: each file is held to the program it is for.

mod debian;
mod litestream;
mod monitoring;
mod proxies;
mod systemd;

use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("src/packaging").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
