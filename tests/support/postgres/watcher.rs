//! What ends an instance when the test process is gone, killed or not.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Stays until its input ends, which it does with the process that holds the other end. Then it ends the server that
/// still runs in the folder $1, and removes the folder.
const WATCHER: &str = r#"
trap '' INT TERM HUP
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && grep -q -F "$1" "/proc/$pid/cmdline" 2>/dev/null; then
    kill -QUIT "$pid" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.2
    done
    kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$1"
"#;

/// Begins to watch; the folder goes when the answered process' input is closed.
pub(super) fn watch(folder: &Path) -> Child {
    watch_with(WATCHER, &[folder])
}

/// Runs a script that reads its input, which ends with this process at the latest, and then ends what these arguments name.
pub fn watch_with(script: &str, arguments: &[impl AsRef<OsStr>]) -> Child {
    Command::new("sh")
        .args(["-c", script, "watcher"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh runs")
}
