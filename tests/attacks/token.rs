//! The token in no log, metric or error, whatever is done with it.

use serde_json::json;

use crate::support::attack::{TOKEN, ask, get, served, writing};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Server};

/// Whatever the server says on this connection until it closes or is silent.
fn all_of(server: &Server, request: &[u8]) -> String {
    let options = Options {
        patience: Some(std::time::Duration::from_secs(2)),
        ..Options::default()
    };
    let mut client = Conn::open(server.address, options).expect("connected");
    let _ = client.send(request);
    client.half_close();
    let mut said = String::new();
    while let Next::Answer(answer) = client.next(false) {
        said += &format!("{:?} {}\n", answer.headers, answer.text());
    }
    said
}

#[test]
fn the_token_is_told_nowhere() {
    for format in ["text", "json"] {
        let home = Home::new();
        let server = served(&home, &[("--log", "trace"), ("--log-format", format)]);
        let right = format!("Authorization: Bearer {TOKEN}\r\n");
        let post = json!({"slug": "other", "title": "Other", "body": "b"});
        let mut said = String::new();
        for request in [
            writing("POST", "/posts", &post),
            writing("POST", "/posts", &post),
            writing("PUT", "/posts/nothing", &post),
            writing("PUT", "/posts/other", &json!({"title": 7})),
            writing("DELETE", "/posts/other", &json!(null)),
            writing("PATCH", "/posts/hello", &post),
            writing("POST", "/nothing", &post),
            get("/posts/hello/viewers", &right),
            get("/posts/hello", &format!("{right}Viewer-Id: ann\r\n")),
            get("/posts/hello", &format!("{right}X y: z\r\n")),
            get("/posts/hello", &format!("{right}\0: z\r\n")),
            get("/posts/hello", &format!("{right}{right}")),
            get(
                "/posts/hello",
                &format!("{right}{}", "a: b\r\n".repeat(4000)),
            ),
            get("/posts/hello", &format!("{right}Transfer-Encoding: x\r\n")),
            get("/posts/hello", &format!("{right}Expect: x\r\n")),
            format!("GET / HTTP/2.0\r\n{right}\r\n").into_bytes(),
            format!("{right}\r\n").into_bytes(),
            format!("PUT /posts/hello HTTP/1.1\r\nHost: a\r\n{right}Content-Length: 50\r\n\r\n{{")
                .into_bytes(),
            format!("PUT /posts/hello HTTP/1.1\r\nHost: a\r\n{right}Content-Length: x\r\n\r\n")
                .into_bytes(),
            format!(
                "PUT /posts/hello HTTP/1.1\r\nHost: a\r\n{right}Content-Length: 9999999\r\n\r\n"
            )
            .into_bytes(),
            format!(
                "PUT /posts/hello HTTP/1.1\r\nHost: a\r\n{right}Content-Type: application/json\r\n\
                 Transfer-Encoding: chunked\r\n\r\nzz\r\n"
            )
            .into_bytes(),
            get(
                "/posts/hello/viewers",
                &format!("Authorization: Bearer x{TOKEN}\r\n"),
            ),
            get(
                "/posts/hello/viewers",
                &format!("Authorization: Basic {TOKEN}\r\n"),
            ),
        ] {
            said += &all_of(&server, &request);
        }
        assert!(said.contains("\"status\":422"), "the token opens: {said}");
        said += &ask(&server, &get("/metrics", &right)).text();
        let finished = server.stop();
        said += &finished.stdout;
        said += &finished.stderr;
        let at = said.find(TOKEN);
        let around = at.map(|at| &said[at.saturating_sub(200)..at]);
        assert_eq!(around, None, "told in {format}");
    }
}

/// Nor does a start that fails tell it.
#[test]
fn a_start_that_fails_tells_no_token() {
    let home = Home::new();
    let finished = home
        .serve()
        .flag("--token", TOKEN)
        .flag("--listen", "192.0.2.1:1")
        .run_or_stop();
    assert_ne!(finished.code, Some(0), "{finished:?}");
    let said = format!("{}{}", finished.stdout, finished.stderr);
    assert!(!said.contains(TOKEN), "{said}");
    // Of a bad one what is wrong is said, not what it is.
    let finished = home
        .serve()
        .flag("--token", &format!("{TOKEN} \u{e9}"))
        .run_or_stop();
    let said = format!("{}{}", finished.stdout, finished.stderr);
    assert!(!said.contains(TOKEN), "{said}");
}
