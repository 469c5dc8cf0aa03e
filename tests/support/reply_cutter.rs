//! A proxy that hands requests on and cuts the connection instead of handing some of the replies back.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a thread looks whether it is over.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A proxy at work on loopback. It ends with all its connections when dropped.
pub struct ReplyCutter {
    port: u16,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    target: u16,
    /// Of so many requests that contain the text, one; none while zero.
    one_in: AtomicUsize,
    text: &'static [u8],
    requests: AtomicUsize,
    cuts: AtomicUsize,
    is_over: AtomicBool,
}

impl ReplyCutter {
    /// Begins to forward to this port. Requests that contain `text` are those whose replies may be cut.
    pub fn start(target: u16, text: &'static str) -> ReplyCutter {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            target,
            one_in: AtomicUsize::new(0),
            text: text.as_bytes(),
            requests: AtomicUsize::new(0),
            cuts: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let of_thread = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || accept(&of_thread, &listener));
        ReplyCutter {
            port,
            shared,
            acceptor: Some(acceptor),
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Of so many requests one has its reply cut from now on, beginning with the next; none if it is zero.
    pub fn cut_one_in(&self, requests: usize) {
        self.shared.requests.store(0, Ordering::Relaxed);
        self.shared.one_in.store(requests, Ordering::Relaxed);
    }

    /// How many replies were cut.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for ReplyCutter {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    listener.set_nonblocking(true).expect("a socket");
    let mut links = Vec::new();
    while !shared.is_over.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((client, _)) => {
                let of_thread = Arc::clone(shared);
                links.push(std::thread::spawn(move || {
                    // However it ended, both sides are closed by now.
                    let _ = forward(client, &of_thread);
                }));
            }
            Err(_) => std::thread::sleep(LOOK_EVERY),
        }
    }
    for link in links {
        let _ = link.join();
    }
}

/// Hands on what both sides say until one ends, or a reply to be cut arrives.
fn forward(client: TcpStream, shared: &Arc<Shared>) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", shared.target))?;
    client.set_nonblocking(false)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK_EVERY))?;
    }
    let is_marked = Arc::new(AtomicBool::new(false));
    let back = {
        let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
        let (shared, is_marked) = (Arc::clone(shared), Arc::clone(&is_marked));
        std::thread::spawn(move || {
            pump(&mut from, &shared, |bytes| {
                if is_marked.load(Ordering::Relaxed) {
                    shared.cuts.fetch_add(1, Ordering::Relaxed);
                    return Err(ErrorKind::Other.into());
                }
                to.write_all(bytes)
            });
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        })
    };
    let (mut from, mut to) = (client, server);
    pump(&mut from, shared, |bytes| {
        let one_in = shared.one_in.load(Ordering::Relaxed);
        let is_meant = bytes
            .windows(shared.text.len())
            .any(|some| some == shared.text);
        if one_in > 0 && is_meant {
            let number = shared.requests.fetch_add(1, Ordering::Relaxed);
            if number.is_multiple_of(one_in) {
                is_marked.store(true, Ordering::Relaxed);
            }
        }
        to.write_all(bytes)
    });
    // A request that is half sent is of no use, one that is whole may be carried out yet.
    let _ = to.shutdown(Shutdown::Write);
    let _ = back.join();
    Ok(())
}

fn pump(
    from: &mut TcpStream,
    shared: &Shared,
    mut hand_on: impl FnMut(&[u8]) -> std::io::Result<()>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while !shared.is_over.load(Ordering::Relaxed) {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) if hand_on(&buffer[..read]).is_err() => return,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
