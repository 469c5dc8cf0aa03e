//! How a node reaches a database that wants certificates and passwords: by libpq's own parameters and files.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::nodes::{Cluster, DATABASE};
use crate::support::{Home, Server, assert_no_internals, missing, until};

/// Who has to sign in.
const ROLE: &str = "reader";

const PASSWORD: &str = "ein:Ge heim";

/// An authority, one that nobody has asked, and a database that the first vouches for. It asks for a password, and takes no
/// connection without TLS.
struct Secured {
    cluster: Cluster,
    home: Home,
}

impl Secured {
    fn start() -> Option<Self> {
        let home = Home::new();
        let has_openssl = Command::new("openssl").arg("version").output().is_ok();
        if !has_openssl {
            missing("there is no openssl (on Debian: apt-get install openssl)");
            return None;
        }
        let cluster = Cluster::empty(&[])?;
        authority(home.path(), "ca");
        authority(home.path(), "other");
        let server = [
            "req",
            "-new",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-CA",
            "ca.crt",
            "-CAkey",
            "ca.key",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=CA:FALSE",
            "-keyout",
            "server.key",
            "-out",
            "server.crt",
        ];
        openssl(home.path(), &server);
        let postgres = &cluster.postgres;
        let data = postgres.folder().join("data");
        for name in ["server.key", "server.crt"] {
            let to = data.join(name);
            fs::copy(home.path().join(name), &to).expect("it is copied");
            fs::set_permissions(&to, Permissions::from_mode(0o600)).expect("it is ours");
            postgres.own(&to);
        }
        let rules = data.join("pg_hba.conf");
        let trusting = fs::read_to_string(&rules).expect("initdb made it");
        let asking = format!(
            "hostssl all {ROLE} all scram-sha-256\nhostnossl all {ROLE} all reject\n{trusting}"
        );
        fs::write(&rules, asking).expect("it is ours");
        let made = format!(
            "CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'; ALTER DATABASE {DATABASE} OWNER TO {ROLE}"
        );
        postgres.psql("postgres", &made);
        postgres.configure("ssl", "on");
        until("it offers TLS", || {
            postgres.psql("postgres", "SHOW ssl") == "on"
        });
        Some(Self { cluster, home })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// `user[:password]@localhost`, and these parameters.
    fn url(&self, user: &str, parameters: &str) -> String {
        let port = self.cluster.postgres.port();
        format!("postgres://{user}@localhost:{port}/{DATABASE}?{parameters}")
    }

    /// Starts a node, with the database at this address and these variables in its environment; its stderr if it ends.
    fn serve(&self, url: &str, variables: &[(&str, &Path)]) -> Result<Server, String> {
        let launch = self.home.serve().flag("--store", url);
        variables
            .iter()
            .fold(launch, |launch, (name, value)| {
                launch.env(name, &value.display().to_string())
            })
            .try_start_within(crate::support::WAIT_LIMIT)
    }

    /// Starts a node that must serve and count, over nothing but TLS.
    fn works(&self, url: &str, variables: &[(&str, &Path)]) {
        let node = self.serve(url, variables);
        let node = node.unwrap_or_else(|said| panic!("{url} is refused: {said}"));
        let slug = format!("post-{}", node.pid());
        node.create(&slug, "text");
        assert_eq!(node.get(&format!("/posts/{slug}")).status, 200);
        until("it counts", || node.views(&slug) == 1);
        let encrypted = format!(
            "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '{ROLE}'"
        );
        assert_eq!(self.cluster.rows(&encrypted), "t", "{url}");
        let finished = node.stop();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(!finished.stderr.contains(PASSWORD), "{finished:?}");
    }

    /// Runs a command, which waits for no server, that must say these words and end.
    fn refused(&self, url: &str, variables: &[(&str, &Path)], words: &str) {
        let command = self.home.serve_by_environment().flag("--store", url);
        let finished = variables
            .iter()
            .fold(command.then("check"), |command, (name, value)| {
                command.env(name, &value.display().to_string())
            })
            .run();
        assert_eq!(finished.code, Some(1), "{url}: {finished:?}");
        let said = finished.stderr;
        assert!(said.contains(words), "{words:?} is not in {said}");
        assert!(said.contains("cannot open store postgres://"), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
        assert_no_internals(said.as_bytes());
    }
}

/// Makes `name.crt` and `name.key`.
fn authority(folder: &Path, name: &str) {
    let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
    let subject = format!("/CN={name}");
    let made = [
        "req",
        "-new",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        &subject,
        "-keyout",
        &key,
        "-out",
        &certificate,
    ];
    openssl(folder, &made);
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let made = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{made:?}");
}

/// Writes a file that nobody else may read.
fn secret(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, Permissions::from_mode(0o600)).expect("it is ours");
}

#[test]
fn a_node_signs_in_over_tls_with_libpqs_own_parameters_and_files() {
    let Some(secured) = Secured::start() else {
        return;
    };
    let (ca, other) = (secured.file("ca.crt"), secured.file("other.crt"));
    let (ca, other) = (ca.display().to_string(), other.display().to_string());
    let in_url = format!(
        "{ROLE}:{}",
        PASSWORD.replace(':', "%3A").replace(' ', "%20")
    );
    let full = |ca: &str| format!("sslmode=verify-full&sslrootcert={ca}");

    secured.works(&secured.url(&in_url, &full(&ca)), &[]);
    secured.refused(
        &secured.url(&in_url, &full(&other)),
        &[],
        "certificate verify failed",
    );
    let by_address = secured
        .url(&in_url, &full(&ca))
        .replace("localhost", "127.0.0.1");
    secured.refused(&by_address, &[], "does not match host name");
    secured.refused(
        &secured.url(&in_url, "sslmode=disable"),
        &[],
        "rejects connection",
    );
    secured.refused(&secured.url(ROLE, &full(&ca)), &[], "no password supplied");

    // What the system trusts, which here is one file.
    let system = secured.url(&in_url, "sslrootcert=system");
    secured.works(&system, &[("SSL_CERT_FILE", &secured.file("ca.crt"))]);
    secured.refused(
        &system,
        &[("SSL_CERT_FILE", &secured.file("other.crt"))],
        "certificate verify failed",
    );

    let passwords = secured.file("passwords");
    secret(
        &passwords,
        &format!(
            "localhost:*:{DATABASE}:{ROLE}:{}\n",
            PASSWORD.replace(':', "\\:")
        ),
    );
    let with_file = secured.url(ROLE, &full(&ca));
    secured.works(&with_file, &[("PGPASSFILE", &passwords)]);

    let services = secured.file("services");
    let port = secured.cluster.postgres.port();
    let service = format!(
        "[counts]\nhost=localhost\nport={port}\ndbname={DATABASE}\nuser={ROLE}\nsslmode=verify-full\nsslrootcert={ca}\n"
    );
    fs::write(&services, service).expect("a file");
    let files: [(&str, &Path); 2] = [("PGSERVICEFILE", &services), ("PGPASSFILE", &passwords)];
    secured.works("postgres://?service=counts", &files);
    secured.refused("postgres://?service=numbers", &files, "numbers");
}
