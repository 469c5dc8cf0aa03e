//! Servers that speak TLS alone.

use std::process::{Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use super::tools::{connect, numbered, server, take};
use crate::queue::conformance::calls::{SEND_LIMIT, read, send};
use crate::support::missing;
use crate::support::postgres::free_port;
use crate::support::redis_server::RedisServer;

/// Two authorities, and a certificate for 127.0.0.1 by each.
struct Certificates(TempDir);

impl Certificates {
    fn make() -> Option<Certificates> {
        let made = Certificates(tempfile::tempdir().expect("a temporary directory"));
        for name in ["one", "other"] {
            let (key, ca, file) = (format!("{name}.key"), format!("{name}-ca"), made.path(name));
            let is_made = made.openssl(&[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=authority",
                "-keyout",
                &made.path(&format!("{ca}.key")),
                "-out",
                &made.path(&format!("{ca}.pem")),
            ]);
            if !is_made {
                missing("there is no openssl (on Debian: apt-get install openssl)");
                return None;
            }
            std::fs::write(made.path("extensions"), "subjectAltName=IP:127.0.0.1").expect("a file");
            assert!(made.openssl(&[
                "req",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-subj",
                "/CN=server",
                "-keyout",
                &made.path(&key),
                "-out",
                &format!("{file}.csr"),
            ]));
            assert!(made.openssl(&[
                "x509",
                "-req",
                "-in",
                &format!("{file}.csr"),
                "-CA",
                &made.path(&format!("{ca}.pem")),
                "-CAkey",
                &made.path(&format!("{ca}.key")),
                "-days",
                "2",
                "-extfile",
                &made.path("extensions"),
                "-set_serial",
                "1",
                "-out",
                &format!("{file}.pem"),
            ]));
        }
        Some(made)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn openssl(&self, arguments: &[&str]) -> bool {
        let run = Command::new("openssl")
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        run.is_ok_and(|status| status.success())
    }

    /// A server with the certificate of the first, which asks clients for one or does not; and its port.
    fn server(&self, clients: &str) -> Option<(RedisServer, u16)> {
        let port = free_port();
        let server = server(&[
            "--port",
            "0",
            "--tls-port",
            &port.to_string(),
            "--tls-cert-file",
            &self.path("one.pem"),
            "--tls-key-file",
            &self.path("one.key"),
            "--tls-ca-cert-file",
            &self.path("one-ca.pem"),
            "--tls-auth-clients",
            clients,
        ])?;
        Some((server, port))
    }
}

fn error_of(url: &str) -> String {
    let start = Instant::now();
    let failed = connect(url)
        .producer
        .send(&numbered(0..1), start + SEND_LIMIT);
    assert!(start.elapsed() < SEND_LIMIT);
    failed.expect_err(url).to_string()
}

#[test]
fn a_server_of_a_trusted_authority_is_spoken_to_and_no_other() {
    let Some(certificates) = Certificates::make() else {
        return;
    };
    let Some((server, port)) = certificates.server("no") else {
        return;
    };
    let url = |ca: &str| format!("rediss://127.0.0.1:{port}?ca={}", certificates.path(ca));
    crate::support::until("it listens", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let mut engine = connect(&url("one-ca.pem"));
    let sent = numbered(0..50);
    send(engine.producer.as_mut(), &sent);
    let received = take(read(&engine, 0, None).as_mut(), 50);
    assert!(
        received
            .iter()
            .map(|one| &one.bytes)
            .eq(sent.iter().map(|one| &one.bytes))
    );

    let error = error_of(&url("other-ca.pem"));
    assert!(error.contains("certificate"), "{error}");
    let error = error_of(&format!("rediss://127.0.0.1:{port}"));
    assert!(
        error.contains("certificate") || error.contains("ca=FILE"),
        "{error}"
    );
    let error = error_of(&url("missing.pem"));
    assert!(error.contains("missing.pem"), "{error}");
    let error = error_of(&url("one.key"));
    assert!(error.contains("no certificate"), "{error}");
    // Not by TLS: the server hangs up.
    assert!(!error_of(&format!("redis://127.0.0.1:{port}")).is_empty());
    // The name in the certificate is an address.
    let error = error_of(&url("one-ca.pem").replace("127.0.0.1", "localhost"));
    assert!(error.contains("certificate"), "{error}");
    drop(server);
}

#[test]
fn a_server_that_asks_for_a_certificate_is_shown_one() {
    let Some(certificates) = Certificates::make() else {
        return;
    };
    let Some((server, port)) = certificates.server("yes") else {
        return;
    };
    crate::support::until("it listens", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let url = |own: &str| {
        let path = |name: &str| certificates.path(name);
        let (ca, cert, key) = (
            path("one-ca.pem"),
            path(&format!("{own}.pem")),
            path(&format!("{own}.key")),
        );
        format!("rediss://127.0.0.1:{port}?ca={ca}&cert={cert}&key={key}")
    };
    let mut engine = connect(&url("one"));
    send(engine.producer.as_mut(), &numbered(0..1));
    assert_eq!(take(read(&engine, 0, None).as_mut(), 1).len(), 1);
    assert!(!error_of(&url("other")).is_empty());
    let none = format!(
        "rediss://127.0.0.1:{port}?ca={}",
        certificates.path("one-ca.pem")
    );
    assert!(!error_of(&none).is_empty());
    drop(server);
}

#[test]
fn a_server_that_hangs_in_the_middle_of_a_handshake_delays_nothing_beyond_the_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let Some(certificates) = Certificates::make() else {
        return;
    };
    let url = format!(
        "rediss://127.0.0.1:{port}?ca={}",
        certificates.path("one-ca.pem")
    );
    let start = Instant::now();
    let limit = std::time::Duration::from_millis(800);
    let failed = connect(&url).producer.send(&numbered(0..1), start + limit);
    let error = failed.expect_err("nobody answers").to_string();
    assert!(error.contains("in time"), "{error}");
    assert!(start.elapsed() < limit + crate::queue::conformance::calls::SLACK);
}
