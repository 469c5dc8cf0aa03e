//! TLS to brokers: a certificate that nobody vouches for is refused, and one that the address names is taken.

use std::process::Command;
use std::time::{Duration, Instant};

use viewtally::internals::queue::QueueUrl;

use super::conformance::calls::messages;
use crate::support::postgres::free_port;
use crate::support::process::Running;
use crate::support::{Home, missing, until};

#[test]
fn a_certificate_is_verified() {
    let home = Home::new();
    let folder = home.path().to_owned();
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command
            .args(arguments.split_whitespace())
            .current_dir(&folder);
        command
    };
    let made = openssl(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=127.0.0.1 \
         -addext subjectAltName=IP:127.0.0.1",
    )
    .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return missing("openssl (apt-get install openssl)");
    }
    let port = free_port();
    let server = Running::spawn(openssl(&format!(
        "s_server -quiet -accept 127.0.0.1:{port} -cert cert.pem -key key.pem"
    )));
    until("it listens", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let fail = |properties: &str| {
        let url = format!("kafka://127.0.0.1:{port}/views?security.protocol=ssl{properties}");
        let mut engine = url.parse::<QueueUrl>().expect("an address").connect();
        let deadline = Instant::now() + Duration::from_secs(3);
        let failed = engine.producer.send(&messages("secret", 1), deadline);
        failed.expect_err("this is no broker").to_string()
    };
    let error = fail("");
    assert!(error.contains("certificate"), "{error}");
    let error = fail(&format!("&ssl.ca.location={}/cert.pem", folder.display()));
    assert!(!error.contains("certificate"), "{error}");
    drop(server);
}
