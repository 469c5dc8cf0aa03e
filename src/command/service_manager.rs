//! What a service manager is told, where one started this process (sd_notify(3)): that the server is ready, that it
//! stops, and in between, if asked for, that it still answers.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use flume::{Receiver, RecvTimeoutError, Sender};
use sd_notify::NotifyState;

/// How many times as often as it must the manager is told that the server answers (sd_watchdog_enabled(3) advises two).
const OFTEN: u32 = 2;

/// A service manager that is kept informed until this is dropped.
pub(super) struct ServiceManager {
    watchdog: Option<Watchdog>,
}

struct Watchdog {
    stops: Arc<AtomicBool>,
    /// Dropped to end the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ServiceManager {
    /// Says that the server is ready at `address`. Does nothing where nobody wants to know.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn ready(address: SocketAddr) -> io::Result<ServiceManager> {
        tell(NotifyState::Ready);
        let watchdog = sd_notify::watchdog_enabled()
            .map(|limit| Watchdog::start(address, limit / OFTEN))
            .transpose()?;
        Ok(ServiceManager { watchdog })
    }

    /// Says that the server stops.
    pub(super) fn stopping(&self) {
        if let Some(watchdog) = &self.watchdog {
            watchdog.stops.store(true, Ordering::Relaxed);
        }
        tell(NotifyState::Stopping);
    }
}

impl Watchdog {
    fn start(address: SocketAddr, every: Duration) -> io::Result<Watchdog> {
        let stops = Arc::new(AtomicBool::new(false));
        let (end, ended) = flume::bounded(0);
        let during_stop = Arc::clone(&stops);
        let work = move || watch(&ended, &during_stop, address, every);
        Ok(Watchdog {
            stops,
            end: Some(end),
            thread: Some(crate::thread::spawn("watchdog".to_owned(), work)?),
        })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            // A panic was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// Tells the manager every so often, as long as the server answers. A stop has a deadline of its own.
fn watch(ended: &Receiver<()>, stops: &AtomicBool, address: SocketAddr, every: Duration) {
    while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        if stops.load(Ordering::Relaxed) {
            tell(NotifyState::Watchdog);
            continue;
        }
        match ask(address, every) {
            Ok(()) => tell(NotifyState::Watchdog),
            Err(error) => tracing::error!(%error, "the server does not answer its own watchdog"),
        }
    }
}

/// Asks the server as a client does: a worker that answers shows that all before it works.
fn ask(address: SocketAddr, limit: Duration) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&reachable(address), limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: watchdog\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    match &status {
        b"HTTP/1.1 200" => Ok(()),
        other => Err(io::Error::other(
            String::from_utf8_lossy(other).into_owned(),
        )),
    }
}

/// An address of this machine at which a server that listens on `address` is reached.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot tell the service manager how the server is");
    }
}
