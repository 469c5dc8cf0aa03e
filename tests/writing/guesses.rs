//! Wrong tokens: told kindly, never said back, and few.

use super::owner::{OWN, cookie_of, send_form};
use crate::support::http::TOKEN;
use crate::support::{Home, Server};

fn sign_in_from(server: &Server, client: &str, token: &str) -> u16 {
    let from = [OWN, ("X-Forwarded-For", client)];
    send_form(server, "/sign-in", &from, &[("token", token)]).status
}

#[test]
fn a_wrong_token_is_told_kindly_and_not_said_back() {
    let home = Home::new();
    let server = home.serve().start();
    let wrong = format!("{TOKEN}<b>");
    let answer = send_form(
        &server,
        "/sign-in",
        &[OWN],
        &[("token", &wrong), ("next", "/write")],
    );
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
    assert_eq!(answer.header("Set-Cookie"), None);
    let text = answer.text();
    assert!(text.contains("That is not the token"), "{text}");
    assert!(
        !text.contains(TOKEN) && text.contains("value=\"/write\""),
        "{text}"
    );
    let finished = server.stop();
    assert!(!finished.stderr.contains(TOKEN), "{}", finished.stderr);
}

#[test]
fn who_guesses_is_slowed_down_and_keeps_nobody_out() {
    let home = Home::new();
    let server = home.serve().flag("--trust-proxy", "127.0.0.1").start();
    for guess in 0..10 {
        assert_eq!(
            sign_in_from(&server, "192.0.2.1", &format!("guess-{guess}")),
            401
        );
    }
    let from = [OWN, ("X-Forwarded-For", "192.0.2.1")];
    let answer = send_form(&server, "/sign-in", &from, &[("token", TOKEN)]);
    assert_eq!(answer.status, 429, "the right one is among the guesses");
    let wait: u64 = answer
        .header("Retry-After")
        .and_then(|wait| wait.parse().ok())
        .expect("a wait");
    assert!((1..=6).contains(&wait), "{wait}");
    assert!(answer.text().contains("Try again in"), "{}", answer.text());
    assert_eq!(sign_in_from(&server, "192.0.2.2", TOKEN), 303);

    for guess in 0..10 {
        let address = format!("2001:db8:1:2::{guess}");
        assert_eq!(sign_in_from(&server, &address, "guess"), 401);
    }
    assert_eq!(sign_in_from(&server, "2001:db8:1:2:ffff::1", TOKEN), 429);
    assert_eq!(sign_in_from(&server, "2001:db8:1:3::1", TOKEN), 303);
    // Who has had a session there is not kept out, either.
    let signed_in = send_form(
        &server,
        "/sign-in",
        &[OWN, ("X-Forwarded-For", "192.0.2.2")],
        &[("token", TOKEN)],
    );
    let cookie = cookie_of(&signed_in);
    let mut again = from.to_vec();
    again.push(("Cookie", &cookie));
    assert_eq!(
        send_form(&server, "/sign-in", &again, &[("token", TOKEN)]).status,
        303
    );
    again[2] = ("Cookie", "viewtally=1.2.3");
    assert_eq!(
        send_form(&server, "/sign-in", &again, &[("token", TOKEN)]).status,
        429
    );
    // What is right costs nothing, however often.
    for _ in 0..30 {
        assert_eq!(sign_in_from(&server, "192.0.2.3", TOKEN), 303);
    }
}

#[test]
fn only_a_short_form_is_read_from_a_stranger() {
    let home = Home::new();
    let server = home.serve().start();
    let long = "x".repeat(17 << 10);
    assert_eq!(
        send_form(&server, "/sign-in", &[OWN], &[("token", &long)]).status,
        413
    );
    let chunked = [
        OWN,
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Transfer-Encoding", "chunked"),
    ];
    let answer = server
        .connect()
        .request_without_token("POST", "/sign-in", &chunked, b"");
    assert_eq!(answer.status, 411);
    assert_eq!(
        send_form(&server, "/write", &[OWN], &[("title", "a")]).status,
        401
    );
}
