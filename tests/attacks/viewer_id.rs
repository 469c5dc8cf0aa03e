//! Fault 8, its second part: `Viewer-Id` of any client was believed behind a trusted proxy, which passes it on.

use crate::support::attack::{TOKEN, ask, get, served};
use crate::support::{Home, until};

fn named(home: &Home) -> i64 {
    home.database()
        .number("SELECT count(*) AS number FROM viewers WHERE name = 'mallory'")
}

fn is_ignored(flags: &[(&str, &str)]) {
    let home = Home::new();
    let server = served(&home, flags);
    let mut asked = 0;
    for lines in [
        "",
        "X-Forwarded-For: 203.0.113.7\r\n",
        "Forwarded: for=203.0.113.7\r\n",
        "Authorization: Bearer wrong\r\n",
        "Authorization: Bearer wrong\r\nX-Forwarded-For: 203.0.113.7\r\n",
    ] {
        for request in [
            get("/posts/hello", &format!("Viewer-Id: mallory\r\n{lines}")),
            format!(
                "POST /posts/hello/views HTTP/1.1\r\nHost: a\r\nViewer-Id: mallory\r\n{lines}\r\n"
            )
            .into_bytes(),
        ] {
            let answer = ask(&server, &request);
            assert!(matches!(answer.status, 200 | 202), "{answer:?}");
            asked += 1;
        }
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(named(&home), 0, "a viewer got a name without the token");
    assert_eq!(
        home.database().views(),
        asked,
        "the views count all the same"
    );
}

#[test]
fn nobody_is_named_without_the_token() {
    is_ignored(&[]);
}

#[test]
fn nobody_is_named_without_the_token_behind_a_trusted_proxy() {
    is_ignored(&[("--trust-proxy", "127.0.0.0/8")]);
}

#[test]
fn with_the_token_a_viewer_has_a_name() {
    let home = Home::new();
    let server = served(&home, &[("--trust-proxy", "127.0.0.0/8")]);
    let lines = format!("Viewer-Id: mallory\r\nAuthorization: Bearer {TOKEN}\r\n");
    assert_eq!(ask(&server, &get("/posts/hello", &lines)).status, 200);
    until("the viewer is known", || named(&home) == 1);
}
