//! 350 clients that drip a byte a second, never send, or never read: others hardly notice, the offenders are gone within
//! twice their deadline, and memory is back.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::attack::{TOKEN, Usage, ask, assert_back_at, create, get, room_for, served};
use crate::support::raw::{self, Options};
use crate::support::{Home, Load, Server, let_pass, twice, until};

/// `--request-timeout` and `--idle-timeout` of the server.
const DEADLINE: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Offence {
    DripsAHead,
    DripsABody,
    DripsChunks,
    NeverSends,
    NeverReads,
}

struct Offender {
    stream: TcpStream,
    offence: Offence,
    gone: Option<Duration>,
}

fn offender(server: &Server, offence: Offence) -> Offender {
    let small = Options {
        receive_buffer: Some(4096),
        patience: Some(Duration::from_secs(10)),
        ..Options::default()
    };
    let mut stream = raw::connect(server.address, small).expect("connected");
    let write = format!(
        "PUT /posts/hello HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    );
    let first = match offence {
        Offence::DripsAHead => b"GET /posts/hello HTTP/1.1\r\nHost: a\r\nX: ".to_vec(),
        Offence::DripsABody => format!("{write}Content-Length: 50000\r\n\r\n ").into_bytes(),
        Offence::DripsChunks => {
            format!("{write}Transfer-Encoding: chunked\r\n\r\n4000\r\n ").into_bytes()
        }
        Offence::NeverSends => Vec::new(),
        Offence::NeverReads => get("/posts/large?count=false", "").repeat(4),
    };
    stream.write_all(&first).expect("sent");
    stream.set_nonblocking(true).expect("nonblocking");
    Offender {
        stream,
        offence,
        gone: None,
    }
}

impl Offender {
    /// Does its worst once a second; sees whether the server has closed.
    fn act(&mut self, since: Duration) {
        if self.gone.is_some() {
            return;
        }
        let drips = matches!(
            self.offence,
            Offence::DripsAHead | Offence::DripsABody | Offence::DripsChunks
        );
        let refused = drips && self.stream.write(b" ").is_err();
        // Who never reads cannot see an end behind what it does not read, and so is looked for among the descriptors.
        let ended = self.offence != Offence::NeverReads
            && loop {
                match self.stream.read(&mut [0; 4096]) {
                    Ok(0) => break true,
                    Ok(_) => {}
                    Err(error) => break error.kind() != ErrorKind::WouldBlock,
                }
            };
        if refused || ended {
            self.gone = Some(since);
        }
    }
}

/// Readers as long as `span`, while the offenders offend.
fn p99(server: &Server, span: Duration) -> Duration {
    let load = Load::start(server.address, 4, &["/posts/hello?count=false".to_owned()]);
    load.run_for(span);
    let tally = load.finish();
    assert_eq!((tally.refused, tally.cut), (0, 0), "{:?}", tally.unexpected);
    assert!(tally.unexpected.is_empty(), "{:?}", tally.unexpected);
    println!("{}", tally.latencies());
    tally.quantile(0.99)
}

fn offend(kinds: &[Offence], floor: Duration) -> Result<(), String> {
    let home = Home::new();
    let timeout = format!("{}s", DEADLINE.as_secs());
    let flags = [
        ("--request-timeout", timeout.as_str()),
        ("--idle-timeout", timeout.as_str()),
    ];
    let server = served(&home, &flags);
    create(&server, "large", &"x".repeat(900_000));
    assert_eq!(
        ask(&server, &get("/posts/large?count=false", "")).status,
        200
    );
    let quiet = p99(&server, Duration::from_secs(2));
    let (before, memory) = (Usage::at_rest(&server), server.memory());
    let begin = Instant::now();
    let mut offenders: Vec<Offender> = (0..350)
        .map(|number| offender(&server, kinds[number % kinds.len()]))
        .collect();
    let loud = std::thread::scope(|scope| {
        let reading = scope.spawn(|| p99(&server, Duration::from_secs(2)));
        // Twice the deadline, and a second in which the attackers themselves may have been late.
        let end = 2 * DEADLINE + Duration::from_secs(1);
        while begin.elapsed() < end && !Usage::of(&server).is_back_at(before) {
            for offender in &mut offenders {
                offender.act(begin.elapsed());
            }
            let_pass(Duration::from_secs(1).min(end.saturating_sub(begin.elapsed())));
        }
        reading.join().expect("the readers never panic")
    });
    let took = begin.elapsed();
    println!("{kinds:?}: p99 {loud:?} against {quiet:?}; all gone after {took:.1?}");
    let left = Usage::of(&server);
    assert!(
        left.is_back_at(before),
        "{took:?} after they came: {left:?}, before: {before:?}"
    );
    let unseen = offenders
        .iter_mut()
        .filter(|offender| offender.offence != Offence::NeverReads)
        .filter_map(|offender| {
            offender.act(took);
            offender.gone.is_none().then_some(offender.offence)
        })
        .count();
    assert_eq!(unseen, 0, "were never told");
    drop(offenders);
    assert_back_at(&server, before);
    until(
        &format!("memory is back within 10 % of {memory} KiB"),
        || server.memory() <= memory + memory / 10,
    );
    if loud <= (3 * quiet).max(floor) {
        Ok(())
    } else {
        Err(format!("p99 is {loud:?} and was {quiet:?}"))
    }
}

const ALL: [Offence; 5] = [
    Offence::DripsAHead,
    Offence::NeverSends,
    Offence::NeverReads,
    Offence::DripsABody,
    Offence::DripsChunks,
];

/// A build without optimisation, beside other tests: what is below ten milliseconds is taken for quiet.
#[test]
fn offenders_of_all_kinds_harm_only_themselves() {
    if room_for(350) {
        twice("offenders", || offend(&ALL, Duration::from_millis(10)));
    }
}

fn by_the_hundreds(offence: Offence) {
    if room_for(350) {
        twice("offenders", || offend(&[offence], Duration::ZERO));
    }
}

#[test]
#[ignore = "slow: make test-long"]
fn three_hundred_and_fifty_dripping_heads_harm_only_themselves() {
    by_the_hundreds(Offence::DripsAHead);
}

#[test]
#[ignore = "slow: make test-long"]
fn three_hundred_and_fifty_dripping_bodies_harm_only_themselves() {
    by_the_hundreds(Offence::DripsABody);
    by_the_hundreds(Offence::DripsChunks);
}

#[test]
#[ignore = "slow: make test-long"]
fn three_hundred_and_fifty_silent_clients_harm_only_themselves() {
    by_the_hundreds(Offence::NeverSends);
}

#[test]
#[ignore = "slow: make test-long"]
fn three_hundred_and_fifty_clients_that_never_read_harm_only_themselves() {
    by_the_hundreds(Offence::NeverReads);
}
