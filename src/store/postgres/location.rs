//! Where a PostgreSQL database is: what `--store postgres://…` names.

use std::fmt;
use std::path::Path;

/// A connection URI as libpq takes it (postgresql.org/docs/current/libpq-connect.html, section 34.1.1.2): several hosts,
/// `service`, TLS and the rest are its own parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresLocation(String);

/// What is added where the URI does not say otherwise: a server that is gone without a word is noticed within seconds, and
/// of several hosts the one that takes writes is used.
const DEFAULTS: [(&str, &str); 8] = [
    ("connect_timeout", "5"),
    ("keepalives", "1"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
    ("target_session_attrs", "read-write"),
    ("fallback_application_name", "viewtally"),
];

/// Where systems keep the certificates that they trust: Debian and Alpine, Red Hat, SUSE, others. The OpenSSL that is built
/// along looks only where nothing is installed, unless one of [`TRUST_VARIABLES`] says where.
const TRUSTED: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

const TRUST_VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

impl PostgresLocation {
    /// A URI that begins with `postgres://` or `postgresql://`.
    pub fn parse(text: &str) -> Option<PostgresLocation> {
        let known = ["postgres://", "postgresql://"];
        let found = known.iter().any(|scheme| text.starts_with(scheme));
        found.then(|| PostgresLocation(text.to_owned()))
    }

    /// The URI with what is added to it.
    pub(super) fn uri(&self) -> String {
        let is_said = |name| std::env::var_os(name).is_some();
        let trusted = TRUSTED.into_iter().find(|file| Path::new(file).exists());
        match trusted.filter(|_| !TRUST_VARIABLES.into_iter().any(is_said)) {
            Some(file) => self.trusting(file).with_defaults(),
            None => self.with_defaults(),
        }
    }

    /// The same with `sslrootcert=system` as the file that it means, and what libpq demands with it.
    fn trusting(&self, file: &str) -> PostgresLocation {
        let is_system = |parameter: &(&str, &str)| *parameter == ("sslrootcert", "system");
        if !self.parameters().any(|parameter| is_system(&parameter)) {
            return self.clone();
        }
        let mut uri = self
            .0
            .replacen("sslrootcert=system", &format!("sslrootcert={file}"), 1);
        if !self.parameters().any(|(key, _)| key == "sslmode") {
            uri.push_str("&sslmode=verify-full");
        }
        PostgresLocation(uri)
    }

    fn with_defaults(&self) -> String {
        let mut uri = self.0.clone();
        let given: Vec<String> = self.parameters().map(|(key, _)| key.to_owned()).collect();
        for (key, value) in DEFAULTS {
            if given.iter().all(|given| given != key) {
                uri.push(if uri.contains('?') { '&' } else { '?' });
                uri.push_str(key);
                uri.push('=');
                uri.push_str(value);
            }
        }
        uri
    }

    fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let parameters = self
            .0
            .split_once('?')
            .map_or("", |(_, parameters)| parameters);
        parameters
            .split('&')
            .filter_map(|parameter| parameter.split_once('='))
    }
}

impl fmt::Display for PostgresLocation {
    /// Without passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rest, parameters) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let (scheme, rest) = rest.split_once("://").unwrap_or(("postgres", rest));
        // A password may hold an @ by mistake: all before the last one is taken for who signs in.
        let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        write!(f, "{scheme}://")?;
        if !user.is_empty() {
            let name = user.split_once(':').map_or(user, |(name, _)| name);
            write!(f, "{name}@")?;
        }
        f.write_str(place)?;
        let shown = parameters
            .split('&')
            .filter(|parameter| !parameter.is_empty() && !parameter.contains("password"));
        for (number, parameter) in shown.enumerate() {
            write!(f, "{}{parameter}", if number == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for PostgresLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresLocation({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(text: &str) -> PostgresLocation {
        PostgresLocation::parse(text).expect("a URI")
    }

    #[test]
    fn what_the_uri_says_stays_and_the_rest_is_added() {
        let uri = location("postgres://h/db").uri();
        assert!(uri.starts_with("postgres://h/db?connect_timeout=5&keepalives=1&"));
        let uri = location("postgres://a,b/db?target_session_attrs=any&connect_timeout=9").uri();
        assert!(uri.contains("target_session_attrs=any&connect_timeout=9&keepalives=1"));
        assert_eq!(uri.matches("connect_timeout").count(), 1);
        assert_eq!(uri.matches("target_session_attrs").count(), 1);
    }

    #[test]
    fn what_the_system_trusts_is_a_file() {
        for (given, expected) in [
            ("postgres://h/db", "postgres://h/db"),
            (
                "postgres://h/db?sslrootcert=system&a=b",
                "postgres://h/db?sslrootcert=/f&a=b&sslmode=verify-full",
            ),
            (
                "postgres://h/db?sslmode=verify-full&sslrootcert=system",
                "postgres://h/db?sslmode=verify-full&sslrootcert=/f",
            ),
            (
                "postgres://h/db?sslrootcert=/g",
                "postgres://h/db?sslrootcert=/g",
            ),
        ] {
            assert_eq!(location(given).trusting("/f").0, expected);
        }
    }

    #[test]
    fn no_password_is_shown() {
        for (given, shown) in [
            ("postgres://h/db", "postgres://h/db"),
            ("postgresql://me:secret@h:5/db", "postgresql://me@h:5/db"),
            ("postgres://me:se@cret@h/db?a=b", "postgres://me@h/db?a=b"),
            (
                "postgres:///db?password=secret&host=/run&sslpassword=secret",
                "postgres:///db?host=/run",
            ),
            ("postgres://me:p@a:1,b:2/db", "postgres://me@a:1,b:2/db"),
        ] {
            assert_eq!(location(given).to_string(), shown);
            assert!(!format!("{:?}", location(given)).contains("secret"));
        }
        assert!(PostgresLocation::parse("mysql://h").is_none());
    }
}
