//! The support layer held true itself, against servers of a few lines each.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::{Client, Home, Load, Lock, http, wait};

/// Serves each connection that arrives by this function, on threads that end with the test process.
fn listen(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Answers every head that arrives with these bytes until the other side closes.
fn answering(answer: &'static [u8]) -> SocketAddr {
    listen(move |mut stream| {
        let mut seen = Vec::new();
        let mut byte = [0];
        while stream.read(&mut byte).is_ok_and(|read| read == 1) {
            seen.push(byte[0]);
            if seen.ends_with(b"\r\n\r\n") && stream.write_all(answer).is_err() {
                return;
            }
        }
    })
}

#[test]
fn client_reads_pipelined_responses_apart() {
    let mut client = Client::connect(answering(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A:  b \r\n\r\nhi",
    ));
    let request = http::request_bytes("GET", "/", &[], b"");
    client.send(&request.repeat(3)).expect("sent");
    for _ in 0..3 {
        let response = client.read().expect("whole").expect("a response");
        assert_eq!((response.status, response.text().as_str()), (200, "hi"));
        assert_eq!(response.header("x-a"), Some("b"));
    }
}

#[test]
fn client_reads_chunks() {
    let chunked =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
    let mut client = Client::connect(answering(chunked));
    assert_eq!(client.get("/").text(), "abcd");
    assert_eq!(client.get("/").text(), "abcd");
}

#[test]
fn client_tells_a_response_cut_short_from_no_response() {
    let closing = |bytes: &'static [u8]| {
        listen(move |mut stream| {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(bytes);
        })
    };
    let ask = |address| {
        let mut client = Client::connect(address);
        client
            .send(&http::request_bytes("GET", "/", &[], b""))
            .expect("sent");
        client.read()
    };
    assert!(ask(closing(b"")).expect("a clean end").is_none());
    assert!(ask(closing(b"HTTP/1.1 200 OK\r\nConte")).is_err());
    assert!(ask(closing(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")).is_err());
    let whole = ask(closing(b"HTTP/1.1 200 OK\r\n\r\nto the end"))
        .expect("whole")
        .expect("a response");
    assert_eq!(whole.text(), "to the end");
}

#[test]
fn client_takes_no_body_where_there_is_none() {
    let mut client = Client::connect(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    assert_eq!(client.request("HEAD", "/", &[], b"").body, b"");
    let mut client = Client::connect(answering(
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    ));
    assert_eq!(client.get("/").body, b"");
}

#[test]
fn load_counts_each_200_once_across_connections() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    let address = answering(answer);
    let load = Load::start(address, 4, &["/".to_owned()]);
    wait::until("some are answered", || load.answered() >= 100);
    let result = load.finish();
    assert!(result.answered() >= 100);
    assert_eq!(
        (result.refused, result.cut, result.unexpected.len()),
        (0, 0, 0)
    );
    assert!(result.quantile(0.5) <= result.quantile(1.0));
}

#[test]
fn load_outlives_a_server_that_is_gone() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let load = Load::start(address, 2, &["/".to_owned()]);
    wait::until("time passes", || load.elapsed() > Duration::from_millis(20));
    assert_eq!(load.finish().answered(), 0);
}

#[test]
fn lock_keeps_other_writers_out_until_released() {
    let home = Home::new();
    let file = home.write("viewtally.db", "");
    home.database()
        .execute("PRAGMA journal_mode = WAL; CREATE TABLE counts (views INTEGER)");
    let lock = Lock::hold(&file);
    let mut database = home.database();
    database.execute("PRAGMA busy_timeout = 1");
    let write = || {
        home.database()
            .execute("PRAGMA busy_timeout = 1; INSERT INTO counts VALUES (1)")
    };
    assert!(
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(write)).is_err(),
        "a second writer got in"
    );
    assert_eq!(database.views(), 0, "readers are not kept out");
    lock.release();
    write();
    assert_eq!(database.views(), 1);
}

#[test]
fn lock_is_taken_while_others_write_without_a_pause() {
    let home = Home::new();
    let file = home.write("viewtally.db", "");
    home.database()
        .execute("PRAGMA journal_mode = WAL; CREATE TABLE counts (views INTEGER)");
    let is_over = Arc::new(AtomicBool::new(false));
    let writers = [(); 4].map(|()| {
        let (mut database, is_over) = (home.database(), Arc::clone(&is_over));
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                database.execute("INSERT INTO counts VALUES (1)");
            }
        })
    });
    wait::until("they write", || {
        home.database()
            .number("SELECT count(*) AS number FROM counts")
            > 100
    });
    let lock = Lock::hold(&file);
    is_over.store(true, Ordering::Relaxed);
    lock.release();
    for writer in writers {
        writer.join().expect("it waits while the lock is held");
    }
}

#[test]
fn what_is_missing_skips_a_test_and_fails_it_where_all_is_required() {
    let without_tools = |require: &str| {
        std::process::Command::new(std::env::current_exe().expect("this executable"))
            .args(["--exact", "rules::readme::curl_examples_run_as_written"])
            .env("PATH", "")
            .env("VIEWTALLY_REQUIRE_ALL", require)
            .output()
            .expect("the test binary runs again")
    };
    let skipped = without_tools("0");
    assert!(skipped.status.success(), "{skipped:?}");
    let said = String::from_utf8_lossy(&skipped.stderr).into_owned();
    assert_eq!(said.matches("skipped: ").count(), 1, "{said:?}");
    assert!(said.contains("curl"), "{said:?}");
    assert!(!without_tools("1").status.success());
}
