//! The bytes to and from one server, in the clear or by TLS, never waiting longer than until a deadline.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::address::Address;
use super::location::TlsFiles;

/// A connected socket.
pub(super) enum Socket {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A socket each of whose calls ends by the deadline.
pub(super) struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Socket {
    /// Connects. The system's resolver, which may be asked for the host, has limits of its own.
    pub(super) fn connect(
        address: &Address,
        tls: Option<&Arc<ClientConfig>>,
        deadline: Instant,
    ) -> io::Result<Socket> {
        let mut last = io::Error::new(ErrorKind::NotFound, "the host has no address");
        for target in (address.host.as_str(), address.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&target, left(deadline)?) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let stream = Timed { stream, deadline };
                    return match tls {
                        None => Ok(Socket::Plain(stream)),
                        Some(config) => secured(stream, config, &address.host),
                    };
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// From now on calls end by this deadline.
    pub(super) fn set_deadline(&mut self, deadline: Instant) {
        match self {
            Socket::Plain(stream) => stream.deadline = deadline,
            Socket::Tls(stream) => stream.sock.deadline = deadline,
        }
    }
}

fn secured(stream: Timed, config: &Arc<ClientConfig>, host: &str) -> io::Result<Socket> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(tls, stream);
    // Here, so that what is wrong with a certificate is told of before a password is sent.
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(Socket::Tls(Box::new(stream)))
}

/// How TLS is spoken with servers: whom to trust, what to show.
///
/// # Errors
/// When a file cannot be read, or the system trusts nobody.
pub(super) fn tls_config(files: &TlsFiles) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    match &files.ca {
        Some(file) => {
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|error| {
                    format!("cannot trust a certificate of {}: {error}", file.display())
                })?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err("nobody is there to trust certificates of; try ca=FILE".to_owned());
    }
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = match &files.own {
        None => config.with_no_client_auth(),
        Some((certificate, key_file)) => {
            let key = PrivateKeyDer::from_pem_slice(&read(key_file)?)
                .map_err(|error| format!("{} has no private key: {error}", key_file.display()))?;
            config
                .with_client_auth_cert(certificates(certificate)?, key)
                .map_err(|error| {
                    format!(
                        "cannot show the certificate of {}: {error}",
                        certificate.display()
                    )
                })?
        }
    };
    Ok(Arc::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(file)?).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!(
            "{} has no certificate in PEM format",
            file.display()
        )),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// How long there is until the deadline.
fn left(deadline: Instant) -> io::Result<Duration> {
    match deadline.checked_duration_since(Instant::now()) {
        // Zero would be no limit, and what is less than a millisecond might be rounded to it.
        Some(left) if !left.is_zero() => Ok(left.max(Duration::from_millis(1))),
        _ => Err(late()),
    }
}

fn late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "no answer in time")
}

/// A call that the system ended at its limit, or for a signal.
fn retry_interrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(late()),
            result => return result,
        }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        retry_interrupted(|| {
            self.stream.set_read_timeout(Some(left(self.deadline)?))?;
            self.stream.read(buffer)
        })
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        retry_interrupted(|| {
            self.stream.set_write_timeout(Some(left(self.deadline)?))?;
            self.stream.write(bytes)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Plain(stream) => stream.read(buffer),
            Socket::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Plain(stream) => stream.write(bytes),
            Socket::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Socket::Plain(stream) => stream.flush(),
            Socket::Tls(stream) => stream.flush(),
        }
    }
}
