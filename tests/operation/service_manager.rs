//! Under a service manager: a socket it hands over, and what it is told. The test is the manager.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::support::http::TOKEN;
use crate::support::process::Running;
use crate::support::{Home, Signal, WAIT_LIMIT, let_pass, until};

/// Starts a server as the process that the socket is for, as sd_listen_fds(3) says.
fn start_with(home: &Home, socket: &impl AsRawFd, count: usize) -> Running {
    let hand_over = format!(
        "exec 3<&{}; LISTEN_PID=$$ LISTEN_FDS={count} exec \"$0\" \"$@\"",
        socket.as_raw_fd()
    );
    // Not sh: that of Debian knows descriptors of one digit only.
    let mut command = Command::new("bash");
    command
        .args(["-c", &hand_over, env!("CARGO_BIN_EXE_viewtally"), "serve"])
        .args(["--store", &home.store(), "--token", TOKEN])
        // Nobody listens there.
        .args(["--listen", "127.0.0.1:1"])
        .current_dir(home.path());
    Running::spawn(command)
}

fn listening(running: &Running) -> bool {
    running.stdout.text().contains("listening on")
}

/// A socket that children get, too.
fn handed_over() -> TcpListener {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    fcntl(&socket, FcntlArg::F_SETFD(FdFlag::empty())).expect("it is handed over");
    socket
}

/// One request on a connection of its own. Returns the status line's code.
fn ask(address: SocketAddr) -> Result<u16, String> {
    let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    stream
        .set_read_timeout(Some(WAIT_LIMIT))
        .map_err(|error| error.to_string())?;
    stream
        .write_all(b"GET /posts/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .map_err(|error| error.to_string())?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    status.parse().map_err(|_| format!("{answer:?}"))
}

fn end(server: Option<Running>) {
    let server = server.expect("it runs");
    server.signal(Signal::Term);
    let finished = server.wait(WAIT_LIMIT);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

/// Restarts a server `restarts` times while clients send `requests` in all; each must be answered.
fn restarted(requests: usize, restarts: usize) {
    const CLIENTS: usize = 8;
    let home = Home::new();
    let first = home.serve().start();
    first.create("hello", "text");
    assert_eq!(first.stop().code, Some(0));
    let socket = handed_over();
    let address = socket.local_addr().expect("an address");
    let (sent, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut server = Some(start_with(&home, &socket, 1));
    let refused = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let mut refused = Vec::new();
                    while sent.fetch_add(1, Ordering::Relaxed) < requests {
                        match ask(address) {
                            Ok(200) => {}
                            other => refused.push(other),
                        }
                    }
                    done.store(true, Ordering::Relaxed);
                    refused
                })
            })
            .collect();
        for restart in 1..=restarts {
            let due = requests * restart / (restarts + 1);
            until("it is time to restart", || {
                sent.load(Ordering::Relaxed) >= due && server.as_ref().is_some_and(listening)
            });
            assert!(!done.load(Ordering::Relaxed), "restarted under load");
            end(server.take());
            server = Some(start_with(&home, &socket, 1));
        }
        clients
            .into_iter()
            .flat_map(|client| client.join().expect("a client"))
            .collect::<Vec<_>>()
    });
    assert!(refused.is_empty(), "{}: {refused:?}", refused.len());
    end(server);
    assert_eq!(
        home.database().views(),
        requests as i64,
        "the ledger is exact"
    );
}

#[test]
fn a_restart_refuses_nobody_where_the_socket_is_handed_over() {
    restarted(1000, 3);
}

#[test]
#[ignore = "ten restarts under load; run by make test-long"]
fn ten_restarts_refuse_none_of_ten_thousand_requests() {
    restarted(10_000, 10);
}

#[test]
fn what_is_no_listening_socket_is_refused() {
    let home = Home::new();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    fcntl(&socket, FcntlArg::F_SETFD(FdFlag::empty())).expect("it is handed over");
    let finished = start_with(&home, &socket, 1).wait(WAIT_LIMIT);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("LISTEN_FDS"), "{finished:?}");
}

/// What the manager is told by then.
fn told(manager: &UnixDatagram) -> Vec<String> {
    let mut all = Vec::new();
    let mut message = [0; 512];
    while let Ok(length) = manager.recv(&mut message) {
        all.push(
            String::from_utf8_lossy(&message[..length])
                .trim()
                .to_owned(),
        );
    }
    all
}

#[test]
fn the_manager_learns_that_the_server_is_ready_answers_and_stops() {
    let home = Home::new();
    let path = home.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager.set_nonblocking(true).expect("it does not wait");
    let server = home
        .serve()
        .env("NOTIFY_SOCKET", &path.display().to_string())
        .env("WATCHDOG_USEC", "200000")
        .start();
    let mut all = Vec::new();
    let answers = |all: &[String]| all.iter().filter(|one| *one == "WATCHDOG=1").count();
    until("it is watched", || {
        all.extend(told(&manager));
        answers(&all) >= 3
    });
    assert_eq!(all.first().map(String::as_str), Some("READY=1"), "{all:?}");
    assert!(!all.contains(&"STOPPING=1".to_owned()));
    // A server that stands still does not answer, and then it says nothing either.
    server.signal(Signal::Stop);
    told(&manager);
    let_pass(Duration::from_millis(500));
    assert_eq!(told(&manager), Vec::<String>::new());
    server.signal(Signal::Cont);
    until("it answers again", || answers(&told(&manager)) > 0);
    assert_eq!(server.stop().code, Some(0));
    let last = told(&manager);
    assert!(last.contains(&"STOPPING=1".to_owned()), "{last:?}");
}
