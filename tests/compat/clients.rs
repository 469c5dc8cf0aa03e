//! Clients from npm, unmodified: Waline's under Node.

use std::process::Command;

use crate::support::{Home, missing, until};

#[test]
fn walines_client_counts_a_page_once_and_reads_pages_in_the_order_asked() {
    let root = env!("CARGO_MANIFEST_DIR");
    let client = format!("{root}/target/npm/node_modules/@waline/api/dist/api.js");
    if !std::path::Path::new(&client).exists() {
        missing("there is no @waline/api (npm install --no-save --prefix target/npm @waline/api)");
        return;
    }
    let home = Home::new();
    let server = super::served(&home);
    let node = Command::new("node")
        .arg(format!("{root}/tests/compat/data/waline.mjs"))
        .arg(client)
        .arg(format!("http://{}", server.address))
        .output();
    let Ok(output) = node else {
        missing("node does not run (on Debian: apt-get install nodejs)");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    until("the views are counted", || {
        server.get("/views").json()["views"] == 3
    });
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 3);
}
