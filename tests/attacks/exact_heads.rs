//! Fault 2: a head of exactly 16,384 bytes that asks the store, two further requests in the same burst, and the end.
//! The thread was given up and its store slot with it; after fourteen nobody could ask the store again.

use crate::support::attack::{Usage, ask, assert_back_at, get, served};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, let_pass};

fn of_16_384_bytes(path: &str) -> Vec<u8> {
    let empty = get(path, "X: \r\n").len();
    let head = get(path, &format!("X: {}\r\n", "a".repeat(16_384 - empty)));
    assert_eq!(head.len(), 16_384);
    head
}

#[test]
fn fourteen_heads_of_just_the_limit_leave_the_store_to_others() {
    let home = Home::new();
    let server = served(&home, &[]);
    let before = Usage::at_rest(&server);
    let burst = [
        of_16_384_bytes("/posts"),
        get("/healthz", ""),
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n".to_vec(),
    ]
    .concat();
    let mut attackers: Vec<Conn> = (0..20)
        .map(|_| {
            let mut attacker = Conn::open(server.address, Options::default()).expect("connected");
            attacker.send(&burst).expect("sent");
            attacker.half_close();
            attacker
        })
        .collect();
    // The library's thread was written off two seconds after its deadline.
    let_pass(std::time::Duration::from_secs(3));
    for path in ["/posts", "/posts?q=hello", "/posts/hello/views"] {
        let answer = ask(&server, &get(path, ""));
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    for attacker in &mut attackers {
        for wanted in [200, 200, 505] {
            match attacker.next(false) {
                Next::Answer(answer) => assert_eq!(answer.status, wanted, "{answer:?}"),
                other => panic!("wanted {wanted}: {other:?}"),
            }
        }
        assert!(matches!(attacker.next(false), Next::End));
    }
    drop(attackers);
    assert_back_at(&server, before);
}
