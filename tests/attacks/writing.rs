//! Fault 8: without a token whoever reached a proxy on this machine could write and see viewers. Now the token is needed
//! always, by everybody, from everywhere; where none is given, one is made.

use std::os::unix::fs::PermissionsExt;

use crate::support::attack::{TOKEN, ask, get, served};
use crate::support::{Home, Server, assert_problem};

const POST: &str = r#"{"slug":"intruder","title":"Intruder","body":"b"}"#;

/// What needs the token: method, path, body.
const CLOSED: [(&str, &str, &str); 9] = [
    ("POST", "/posts", POST),
    ("PUT", "/posts/hello", POST),
    ("DELETE", "/posts/hello", ""),
    ("PUT", "/posts/hello/views", r#"{"views":7,"reason":"x"}"#),
    ("GET", "/posts/hello/viewers", ""),
    ("GET", "/posts/hello/viewers/ann", ""),
    ("GET", "/viewers/ann/posts", ""),
    ("DELETE", "/viewers/ann", ""),
    ("HEAD", "/posts/hello/viewers", ""),
];

/// As whom it is asked: direct, through proxies of all kinds, from pages of other sites, and with a Host of any name.
const AS_WHOM: [&str; 14] = [
    "Host: localhost\r\n",
    "Host: 127.0.0.1:8080\r\n",
    "Host: [::1]\r\n",
    "Host:\r\n",
    "Host: blog.example\r\n",
    "Host: localhost\r\nX-Forwarded-For: 203.0.113.7\r\n",
    "Host: localhost\r\nForwarded: for=203.0.113.7\r\n",
    "Host: localhost\r\nVia: 1.1 proxy\r\n",
    "Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\n",
    "Host: localhost\r\nX-Real-IP: 203.0.113.7\r\nConnection: close\r\n",
    "Host: localhost\r\nOrigin: http://localhost\r\n",
    "Host: localhost\r\nOrigin: http://evil.example\r\n",
    "Host: evil.example\r\nOrigin: http://evil.example\r\n",
    "Host: localhost\r\nOrigin: null\r\nReferer: http://evil.example/\r\n",
];

/// What is sent instead of the token.
const INSTEAD: [&str; 9] = [
    "",
    "Authorization: Bearer\r\n",
    "Authorization: Bearer \r\n",
    "Authorization: Bearer wrong\r\n",
    "Authorization: Bearer sesame-4711-do-not-tel\r\n",
    "Authorization: Bearer sesame-4711-do-not-tell!\r\n",
    "Authorization: Basic c2VzYW1lLTQ3MTEtZG8tbm90LXRlbGw=\r\n",
    "Authorization: sesame-4711-do-not-tell\r\n",
    "X-Authorization: Bearer sesame-4711-do-not-tell\r\n",
];

fn request(method: &str, path: &str, lines: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\n{lines}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The statuses that were not 401, with what was asked.
fn opened(server: &Server, lines: &str) -> Vec<String> {
    CLOSED
        .iter()
        .filter_map(|(method, path, body)| {
            let mut client = crate::support::raw::Conn::open(server.address, Default::default())
                .expect("connected");
            client
                .send(&request(method, path, lines, body))
                .expect("sent");
            let crate::support::raw::Next::Answer(answer) = client.next(*method == "HEAD") else {
                return Some(format!("{method} {path} as {lines:?}: no answer"));
            };
            let challenged = answer.header("WWW-Authenticate").is_some();
            let status = answer.status;
            (status != 401 || !challenged)
                .then(|| format!("{method} {path} as {lines:?}: {status}"))
        })
        .collect()
}

fn nothing_is_written(home: &Home, server: Server) {
    let post = ask(&server, &get("/posts/hello?count=false", ""));
    assert_eq!(post.json()["title"], "hello", "{post:?}");
    assert_eq!(server.stop().code, Some(0));
    let number = |query: &str| home.database().number(query);
    assert_eq!(
        number("SELECT count(*) AS number FROM posts WHERE slug = 'intruder'"),
        0
    );
    assert_eq!(number("SELECT count(*) AS number FROM posts"), 1);
    assert_eq!(number("SELECT sum(views) AS number FROM counts"), 0);
}

#[test]
fn with_a_token_nobody_writes_without_it() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut wrong = Vec::new();
    for whom in AS_WHOM {
        wrong.extend(opened(&server, whom));
    }
    for instead in INSTEAD {
        wrong.extend(opened(&server, &format!("Host: localhost\r\n{instead}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    nothing_is_written(&home, server);
}

#[test]
fn behind_trusted_proxies_nobody_writes_without_it() {
    let home = Home::new();
    let server = served(&home, &[("--trust-proxy", "127.0.0.0/8")]);
    let mut wrong = Vec::new();
    for whom in AS_WHOM {
        wrong.extend(opened(&server, whom));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    nothing_is_written(&home, server);
}

/// A server to whom no token is given, with the post `hello` from a file: nothing has been written over HTTP.
fn without_a_token(home: &Home) -> Server {
    let file = home.write("posts/hello.md", "---\ntitle: hello\n---\ntext\n");
    let finished = home.run(&["import", "posts", &file.display().to_string()]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    home.serve().without("--token").start()
}

#[test]
fn where_no_token_is_given_nobody_writes_either() {
    let home = Home::new();
    let server = without_a_token(&home);
    let mut wrong = Vec::new();
    for whom in AS_WHOM {
        wrong.extend(opened(&server, whom));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    nothing_is_written(&home, server);
}

#[test]
fn where_no_token_is_given_one_is_made_and_kept() {
    let home = Home::new();
    let server = without_a_token(&home);
    let file = home.path().join("token");
    let token = std::fs::read_to_string(&file).expect("a token beside the database");
    let token = token.trim().to_owned();
    assert!(token.len() >= 32, "{} characters", token.len());
    let mode = std::fs::metadata(&file)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let authorised = format!("Host: a\r\nAuthorization: Bearer {token}\r\n");
    let create = request("POST", "/posts", &authorised, POST);
    assert_eq!(ask(&server, &create).status, 201);
    assert!(!server.stderr().contains(&token), "the log tells the token");
    let finished = server.stop();
    let said = format!("{}{}", finished.stdout, finished.stderr);
    assert!(said.contains("token"), "the start says where it is: {said}");
    assert!(!said.contains(&token), "the start tells it");

    let server = home.serve().without("--token").start();
    let edit = request("PUT", "/posts/intruder", &authorised, POST);
    assert_eq!(ask(&server, &edit).status, 200, "the same after a restart");
    assert_problem(
        &ask(
            &server,
            &request("PUT", "/posts/intruder", "Host: a\r\n", POST),
        ),
        401,
    );
    drop(server);

    let other = Home::new();
    drop(without_a_token(&other));
    let others = std::fs::read_to_string(other.path().join("token")).expect("a token");
    assert_ne!(others.trim(), token, "each has its own");
}

/// What was asked of the public stays public.
#[test]
fn reading_needs_no_token() {
    let home = Home::new();
    let server = served(&home, &[]);
    for (method, path, wanted) in [
        ("GET", "/posts/hello", 200),
        ("GET", "/posts", 200),
        ("GET", "/posts/hello/views", 200),
        ("POST", "/posts/hello/views", 202),
        ("GET", "/views", 200),
        ("GET", "/posts/hello/badge.svg", 200),
        ("GET", "/viewtally.js", 200),
        ("GET", "/healthz", 200),
    ] {
        for instead in ["", "Authorization: Bearer wrong\r\n"] {
            let bytes = request(method, path, &format!("Host: a\r\n{instead}"), "");
            assert_eq!(
                ask(&server, &bytes).status,
                wanted,
                "{method} {path} {instead:?}"
            );
        }
    }
    let create = request(
        "POST",
        "/posts",
        &format!("Host: a\r\nAuthorization: bearer {TOKEN}\r\n"),
        POST,
    );
    assert_eq!(
        ask(&server, &create).status,
        201,
        "the scheme knows no case"
    );
}
