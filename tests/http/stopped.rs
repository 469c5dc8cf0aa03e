//! Pipelines cut by a stop: every answer that was counted can be read, however much was still under way.

use std::net::TcpStream;
use std::time::Duration;

use super::pipelines::{Cuts, send_cut};
use crate::support::attack::{get, served};
use crate::support::raw::{self, Conn, Next, Options};
use crate::support::{Home, Signal, let_pass, until};

/// Clients that pipeline reads of one post while the server is told to stop; the views read and the views counted.
fn stop_during(requests: usize, clients: usize, seed: u64) -> (i64, i64) {
    let home = Home::new();
    let server = served(&home, &[]);
    let bytes = get("/posts/hello", "").repeat(requests);
    let address = server.address;
    let answered = std::sync::atomic::AtomicI64::new(0);
    let count = || answered.load(std::sync::atomic::Ordering::SeqCst);
    // All of them before the first answer: who comes later may find the server stopped.
    let streams: Vec<TcpStream> = (0..clients)
        .map(|_| raw::connect(address, Options::default()).expect("connected"))
        .collect();
    std::thread::scope(|scope| {
        for (number, stream) in streams.into_iter().enumerate() {
            let (bytes, answered) = (&bytes, &answered);
            scope.spawn(move || {
                let mut sending = stream.try_clone().expect("a second handle");
                let mut client = Conn::over(stream);
                std::thread::scope(|inner| {
                    inner.spawn(move || {
                        // Over and over until the server closes; what it refuses to take is no failure.
                        let mut cuts = Cuts::of(seed + number as u64);
                        while send_cut(&mut sending, bytes, 20_000, &mut cuts).is_ok() {
                            if bytes.len() < 10_000 {
                                let_pass(Duration::from_millis(1));
                            }
                        }
                    });
                    loop {
                        match client.next(false) {
                            Next::Answer(answer) if answer.status == 200 => {
                                answered.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                            }
                            Next::Answer(answer) => assert_eq!(answer.status, 503, "{answer:?}"),
                            // Who sends on for too long after the server has closed is reset, having read everything.
                            Next::End | Next::Reset => break,
                            other => panic!("an answer is lost: {other:?}"),
                        }
                    }
                });
            });
        }
        until("the pipelines flow", || count() > 20 * clients as i64);
        let_pass(Duration::from_millis(Cuts::of(seed).below(60) as u64));
        server.signal(Signal::Int);
    });
    let finished = server.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
    (count(), home.database().views())
}

fn nothing_is_lost(requests: usize, clients: usize, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let (read, counted) = stop_during(requests, clients, seed);
        println!(
            "pipelines of {requests}, {clients} clients, seed {seed}: {read} read, {counted} counted"
        );
        assert_eq!(
            read, counted,
            "pipelines of {requests}, {clients} clients, seed {seed}"
        );
    }
}

#[test]
fn a_stop_cuts_no_answer_of_pipelines_of_8() {
    nothing_is_lost(8, 8, 0..3);
}

#[test]
fn a_stop_cuts_no_answer_of_pipelines_of_64() {
    nothing_is_lost(64, 4, 0..3);
}

#[test]
fn a_stop_cuts_no_answer_of_pipelines_of_8000() {
    nothing_is_lost(8000, 2, 0..3);
}

#[test]
#[ignore = "slow: make test-long"]
fn no_stop_of_sixty_cuts_an_answer() {
    for requests in [1, 8, 64, 8000] {
        nothing_is_lost(requests, 8, 10..25);
    }
}
