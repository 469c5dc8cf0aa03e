//! The description of the API against the server, by Schemathesis: thousands of requests as they are described and as
//! they are not.

use std::path::PathBuf;
use std::process::Command;

use crate::support::http::TOKEN;
use crate::support::{Home, missing};

/// Where CI installs it.
fn installed() -> Option<PathBuf> {
    let own =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/schemathesis/bin/schemathesis");
    [own, PathBuf::from("schemathesis")]
        .into_iter()
        .find(|path| Command::new(path).arg("--version").output().is_ok())
}

#[test]
fn no_request_gets_an_answer_that_is_not_described() {
    let Some(schemathesis) = installed() else {
        return missing(
            "Schemathesis (python3 -m venv target/schemathesis && target/schemathesis/bin/pip install schemathesis)",
        );
    };
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    let output = Command::new(schemathesis)
        .current_dir(home.path())
        .args(["run", "--no-color", "--seed", "1", "--max-examples", "20"])
        .args(["--header", &format!("Authorization: Bearer {TOKEN}")])
        // Cursors, zones and colours are strings of which the server knows more than a schema can say.
        .args(["--exclude-checks", "positive_data_acceptance"])
        .arg(format!("http://{}/openapi.json", server.address))
        .output()
        .expect("it runs");
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{report}");
    // Without requests nothing could be found.
    let generated = report.lines().find_map(|line| {
        line.trim()
            .strip_suffix(" skipped")?
            .split(' ')
            .next()?
            .parse::<u32>()
            .ok()
    });
    assert!(generated.is_some_and(|count| count > 500), "{report}");
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.run(&["check"]).code, Some(0), "its numbers are sound");
}
