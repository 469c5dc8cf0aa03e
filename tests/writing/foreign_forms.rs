//! Forms that another site makes the owner's browser send (CSRF), and pages that another site would show (clickjacking).

use super::owner::{OWN, Owner, encoded, send_form};
use crate::support::http::TOKEN;
use crate::support::{Home, Server};

fn posts(server: &Server) -> usize {
    let list = server.get("/posts").json();
    list["items"].as_array().expect("posts").len()
}

#[test]
fn forms_of_other_sites_do_nothing() {
    let home = Home::new();
    let server = home.serve().start();
    let owner = Owner::of(&server);
    let token = owner.form_token();
    let fields = [("form_token", token.as_str()), ("title", "A title")];
    let cookie = ("Cookie", owner.cookie.as_str());
    let foreign: [&[(&str, &str)]; 9] = [
        &[],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[
            ("Sec-Fetch-Site", "cross-site"),
            ("Origin", "http://localhost"),
        ],
        &[("Origin", "http://evil.example")],
        &[("Origin", "http://localhost.evil.example")],
        &[("Origin", "http://localhost:81")],
        &[("Origin", "null")],
        &[("Origin", "localhost")],
    ];
    for said in foreign {
        for (path, fields) in [
            ("/write", &fields[..]),
            ("/sign-in", &[("token", TOKEN)]),
            ("/sign-out", &fields[..1]),
        ] {
            let mut headers = said.to_vec();
            headers.push(cookie);
            let answer = send_form(&server, path, &headers, fields);
            assert_eq!(answer.status, 403, "{path} {said:?}");
            assert_eq!(answer.header("Set-Cookie"), None);
        }
    }
    assert_eq!(posts(&server), 0);
    for own in [
        OWN,
        ("Sec-Fetch-Site", "none"),
        ("Origin", "http://localhost"),
    ] {
        let answer = send_form(&server, "/write", &[own, cookie], &fields[..1]);
        assert_eq!(answer.status, 422, "{own:?}");
    }
}

#[test]
fn a_form_without_its_token_keeps_its_text_and_does_nothing() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "text");
    let (owner, other) = (Owner::of(&server), Owner::of(&server));
    let foreign = other.form_token();
    for path in ["/write".to_owned(), format!("/write/{id}")] {
        for token in ["", "x", &foreign, &owner.cookie] {
            for action in ["save", "delete", "preview"] {
                let fields = [
                    ("form_token", token),
                    ("action", action),
                    ("title", "Changed"),
                    ("body", "long text"),
                    ("revision", "1"),
                ];
                let answer = owner.send_bare(&path, &fields);
                assert_eq!(answer.status, 403, "{path} {action} {token:?}");
                let text = answer.text();
                assert!(
                    text.contains("long text") && text.contains("save it once more"),
                    "{text}"
                );
            }
        }
    }
    assert_eq!(posts(&server), 1);
    assert_eq!(
        server.get("/posts/hello?count=false").json()["title"],
        "hello"
    );
}

#[test]
fn only_forms_are_taken_and_nothing_is_changed_by_asking() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    let owner = Owner::of(&server);
    let token = owner.form_token();
    let fields = [
        ("form_token", token.as_str()),
        ("action", "delete"),
        ("title", "a"),
    ];
    let body = encoded(&fields);
    let mut client = server.connect();
    for kind in [
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=a",
        "",
    ] {
        let headers = [
            OWN,
            ("Cookie", owner.cookie.as_str()),
            ("Content-Type", kind),
        ];
        let answer = client.request_without_token("POST", "/write", &headers, body.as_bytes());
        assert_eq!(answer.status, 415, "{kind}");
    }
    for path in ["/write", "/write/1"] {
        assert_eq!(owner.page(&format!("{path}?{body}")).status, 200);
        for method in ["PUT", "DELETE"] {
            let headers = [OWN, ("Cookie", owner.cookie.as_str())];
            let answer = client.request_without_token(method, path, &headers, b"");
            assert_eq!(answer.status, 405);
            assert_eq!(answer.header("Allow"), Some("GET, HEAD, POST, OPTIONS"));
        }
    }
    assert_eq!(posts(&server), 1);
}

#[test]
fn pages_of_writing_stand_in_no_frame_and_run_only_the_servers_script() {
    let home = Home::new();
    let server = home.serve().start();
    let owner = Owner::of(&server);
    for path in ["/write", "/sign-in", "/", "/write/nothing"] {
        let answer = owner.page(path);
        let policy = answer.header("Content-Security-Policy").expect("a policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        let text = answer.text();
        let inline = text
            .split("<script")
            .skip(1)
            .any(|script| !script.starts_with(" src="));
        assert!(!inline && !text.contains("style="), "{path}: {text}");
    }
}
