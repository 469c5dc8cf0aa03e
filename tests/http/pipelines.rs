//! Pipelines of 1, 8, 64 and 8,000 requests, cut into segments anywhere: every answer comes, in order, and every one that
//! was counted could be read.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::support::attack::{create, get, served};
use crate::support::raw::{self, Conn, Next, Options};
use crate::support::{Home, Server};

/// A small generator with a fixed start: the same cuts on every run.
pub struct Cuts(u64);

impl Cuts {
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        // Constants of a linear congruential generator; its upper bits are good enough for places to cut.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// The request of this number, and the status and slug its answer must have: their order shows in the answers.
fn numbered(number: usize) -> (Vec<u8>, u16, &'static str) {
    match number % 5 {
        0 => (get("/posts/one", ""), 200, "one"),
        1 => (get("/posts/two", "Cookie: a=b\r\n"), 200, "two"),
        2 => (get("/nothing", ""), 404, ""),
        3 => (
            b"POST /posts/one/views HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nGET".to_vec(),
            202,
            "",
        ),
        _ => (
            b"\r\nGET http://a/posts/two HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
            200,
            "two",
        ),
    }
}

fn counts(number: usize) -> bool {
    number % 5 != 2
}

/// Sends bytes in pieces of random length, up to `longest`.
pub fn send_cut(
    stream: &mut TcpStream,
    bytes: &[u8],
    longest: usize,
    cuts: &mut Cuts,
) -> std::io::Result<()> {
    let mut at = 0;
    while at < bytes.len() {
        let end = bytes.len().min(at + 1 + cuts.below(longest));
        stream.write_all(&bytes[at..end])?;
        at = end;
        // Now and then long enough that the server sees the piece by itself.
        if cuts.below(40) == 0 {
            std::thread::sleep(Duration::from_micros(300));
        }
    }
    Ok(())
}

/// Sends that many at once, in pieces, and reads all answers; how many views they are.
fn pipeline(server: &Server, requests: usize, longest: usize, seed: u64) -> i64 {
    let bytes: Vec<u8> = (0..requests)
        .flat_map(|number| numbered(number).0)
        .collect();
    let stream = raw::connect(server.address, Options::default()).expect("connected");
    let mut sending = stream.try_clone().expect("a second handle");
    let mut client = Conn::over(stream);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            send_cut(&mut sending, &bytes, longest, &mut Cuts::of(seed)).expect("all is sent");
        });
        for number in 0..requests {
            let (_, status, slug) = numbered(number);
            let answer = match client.next(false) {
                Next::Answer(answer) => answer,
                other => panic!("answer {number} of {requests}, seed {seed}: {other:?}"),
            };
            assert_eq!(
                answer.status, status,
                "answer {number} of {requests}, seed {seed}"
            );
            if !slug.is_empty() {
                assert_eq!(
                    answer.json()["slug"],
                    slug,
                    "answer {number} of {requests}, seed {seed}"
                );
            }
            assert!(!answer.closes(), "answer {number} of {requests}");
        }
    });
    client.half_close();
    assert!(
        matches!(client.next(false), Next::End),
        "more answers than requests"
    );
    i64::try_from((0..requests).filter(|&number| counts(number)).count()).expect("few")
}

fn with_posts(home: &Home) -> Server {
    let server = served(home, &[]);
    create(&server, "one", "text");
    create(&server, "two", "text");
    server
}

#[test]
fn pipelines_are_answered_in_order_however_they_are_cut() {
    let home = Home::new();
    let server = with_posts(&home);
    let mut views = 0;
    for seed in 0..6 {
        for requests in [1, 8, 64] {
            for longest in [1, 7, 60, 1000, 100_000] {
                views += pipeline(&server, requests, longest, seed);
            }
        }
    }
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(home.database().views(), views);
}

#[test]
fn eight_thousand_requests_are_answered_in_order() {
    let home = Home::new();
    let server = with_posts(&home);
    let views = pipeline(&server, 8000, 5000, 1) + pipeline(&server, 8000, 1 << 20, 2);
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(home.database().views(), views);
}

/// One request, cut in two at each of its bytes, with another behind it.
#[test]
fn a_request_may_be_cut_at_every_byte() {
    let home = Home::new();
    let server = with_posts(&home);
    let first = numbered(3).0;
    let both = [first, numbered(1).0].concat();
    let mut views = 0;
    for cut in 1..both.len() {
        let mut client = Conn::open(server.address, Options::default()).expect("connected");
        client.send(&both[..cut]).expect("sent");
        std::thread::sleep(Duration::from_micros(500));
        client.send(&both[cut..]).expect("sent");
        for wanted in [202, 200] {
            match client.next(false) {
                Next::Answer(answer) => assert_eq!(answer.status, wanted, "cut at {cut}"),
                other => panic!("cut at {cut}: {other:?}"),
            }
            views += 1;
        }
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), views);
}

/// A client that ends its half in the middle gets the answers to what it sent whole, and no more.
#[test]
fn a_pipeline_that_ends_in_the_middle_is_answered_as_far_as_it_goes() {
    let home = Home::new();
    let server = with_posts(&home);
    let mut cuts = Cuts::of(7);
    let mut views = 0;
    let ends: Vec<usize> = (0..64)
        .scan(0, |end, number| {
            *end += numbered(number).0.len();
            Some(*end)
        })
        .collect();
    let bytes: Vec<u8> = (0..64).flat_map(|number| numbered(number).0).collect();
    for _ in 0..60 {
        let cut = cuts.below(bytes.len());
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        let mut client = Conn::open(server.address, Options::default()).expect("connected");
        client.send(&bytes[..cut]).expect("sent");
        client.half_close();
        for number in 0..whole {
            match client.next(false) {
                Next::Answer(answer) => {
                    assert_eq!(answer.status, numbered(number).1, "cut at {cut}")
                }
                other => panic!("answer {number} of {whole}, cut at {cut}: {other:?}"),
            }
            views += i64::from(counts(number));
        }
        // What was begun may be refused, but is no view.
        match client.next(false) {
            Next::End => {}
            Next::Answer(answer) if answer.status >= 400 => {}
            other => panic!("after {whole} answers, cut at {cut}: {other:?}"),
        }
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), views);
}
