//! A proxy on loopback between a client and a broker of Kafka's protocol, with faults to switch on and off.

use std::collections::HashSet;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a thread looks whether the fault was switched.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long connecting to the broker may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The protocol's number for a request that sends messages.
const PRODUCE: [u8; 2] = [0, 0];

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KafkaFault {
    /// Nothing.
    None,
    /// Of so many requests that send messages the last reaches the broker, which carries it out; the connection ends
    /// instead of its answer.
    CutReplies { one_in: usize },
    /// Nothing passes, either way, until the fault is over; then all that waits arrives.
    Hang,
}

/// A proxy at work; it ends with all its connections when dropped.
pub struct KafkaProxy {
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    port: u16,
    target: SocketAddr,
    state: Mutex<State>,
    sends: AtomicUsize,
    cuts: AtomicUsize,
}

#[derive(Clone, Copy)]
struct State {
    fault: KafkaFault,
    is_over: bool,
}

impl KafkaProxy {
    /// Begins to forward to the broker that listens on this port, or will.
    pub fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        listener.set_nonblocking(true).expect("a listener");
        let shared = Arc::new(Shared {
            port,
            target: SocketAddr::from(([127, 0, 0, 1], target)),
            state: Mutex::new(State {
                fault: KafkaFault::None,
                is_over: false,
            }),
            sends: AtomicUsize::new(0),
            cuts: AtomicUsize::new(0),
        });
        let of_thread = Arc::clone(&shared);
        Self {
            shared,
            acceptor: Some(std::thread::spawn(move || accept(&of_thread, &listener))),
        }
    }

    pub fn port(&self) -> u16 {
        self.shared.port
    }

    /// Switches to this fault, from the one before.
    pub fn set(&self, fault: KafkaFault) {
        self.shared.state.lock().expect("no panic holds it").fault = fault;
    }

    /// How many answers were cut off.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for KafkaProxy {
    fn drop(&mut self) {
        self.shared.state.lock().expect("no panic holds it").is_over = true;
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn state(&self) -> State {
        *self.state.lock().expect("no panic holds it")
    }

    /// Waits while nothing passes; an error once the proxy ends.
    fn pass(&self) -> io::Result<()> {
        loop {
            let state = self.state();
            if state.is_over {
                return Err(ErrorKind::ConnectionAborted.into());
            }
            if state.fault != KafkaFault::Hang {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Whether the answer to this send is to be cut off.
    fn cuts_this(&self) -> bool {
        let KafkaFault::CutReplies { one_in } = self.state().fault else {
            return false;
        };
        let number = self.sends.fetch_add(1, Ordering::Relaxed) + 1;
        number.is_multiple_of(one_in)
    }
}

/// Takes connections until the proxy is dropped, then waits for their threads.
fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    let mut links: Vec<JoinHandle<()>> = Vec::new();
    while !shared.state().is_over {
        links.retain(|link| !link.is_finished());
        let Ok((client, _)) = listener.accept() else {
            std::thread::sleep(LOOK_EVERY);
            continue;
        };
        let shared = Arc::clone(shared);
        links.push(std::thread::spawn(move || {
            // However it ended, both sides are closed by now.
            let _ = link(&shared, &client);
        }));
    }
    for link in links {
        let _ = link.join();
    }
}

/// Passes frames on, both ways, until one side ends.
fn link(shared: &Shared, client: &TcpStream) -> io::Result<()> {
    client.set_nonblocking(false)?;
    let server = TcpStream::connect_timeout(&shared.target, LIMIT)?;
    for stream in [client, &server] {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK_EVERY))?;
    }
    // The numbers of requests whose answers are to be cut off.
    let marked: Mutex<HashSet<[u8; 4]>> = Mutex::default();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _ = requests(shared, client, &server, &marked);
            close(client, &server);
        });
        let _ = answers(shared, &server, client, &marked);
        close(client, &server);
    });
    Ok(())
}

fn close(client: &TcpStream, server: &TcpStream) {
    for stream in [client, server] {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn requests(
    shared: &Shared,
    mut client: &TcpStream,
    mut server: &TcpStream,
    marked: &Mutex<HashSet<[u8; 4]>>,
) -> io::Result<()> {
    loop {
        let frame = read_frame(shared, &mut client)?;
        shared.pass()?;
        // Length, kind, version, number.
        if frame.get(4..6) == Some(&PRODUCE) && shared.cuts_this() {
            let number = frame[8..12].try_into().expect("four bytes");
            marked.lock().expect("no panic holds it").insert(number);
        }
        server.write_all(&frame)?;
    }
}

fn answers(
    shared: &Shared,
    mut server: &TcpStream,
    mut client: &TcpStream,
    marked: &Mutex<HashSet<[u8; 4]>>,
) -> io::Result<()> {
    loop {
        let frame = read_frame(shared, &mut server)?;
        shared.pass()?;
        // Length, number.
        let number: Option<[u8; 4]> = frame.get(4..8).and_then(|four| four.try_into().ok());
        if number.is_some_and(|number| marked.lock().expect("no panic holds it").contains(&number))
        {
            shared.cuts.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        client.write_all(&frame)?;
    }
}

/// One request or answer with its length before it.
fn read_frame(shared: &Shared, stream: &mut &TcpStream) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    fill(shared, stream, &mut frame)?;
    let length = u32::from_be_bytes(frame[..4].try_into().expect("four bytes"));
    frame.resize(4 + length as usize, 0);
    fill(shared, stream, &mut frame[4..])?;
    Ok(frame)
}

/// Reads until the buffer is full, or the proxy ends.
fn fill(shared: &Shared, stream: &mut &TcpStream, mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        if shared.state().is_over {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        match stream.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => buffer = &mut buffer[read..],
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
