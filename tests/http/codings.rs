//! gzip: for long answers that are made anew each time, where their client takes it.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::support::{Home, Response, Server};

fn served() -> (Home, Server) {
    let home = Home::new();
    let server = home.serve().start();
    for number in 0..30 {
        server.create(&format!("post-{number}"), "text");
    }
    server.create("long", &"A long text, again and again. ".repeat(2000));
    (home, server)
}

fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Response {
    server.connect().request("GET", path, headers, b"")
}

fn unpacked(answer: &Response) -> String {
    let mut text = String::new();
    GzDecoder::new(answer.body.as_slice())
        .read_to_string(&mut text)
        .expect("gzip");
    text
}

const GZIP: (&str, &str) = ("Accept-Encoding", "gzip, br");

#[test]
fn long_answers_are_compressed_for_who_takes_it_and_mean_the_same() {
    let (_home, server) = served();
    let html = ("Accept", "text/html");
    for (path, headers) in [
        ("/posts?limit=30", &[GZIP][..]),
        ("/openapi.json", &[GZIP]),
        ("/", &[GZIP, html]),
        ("/posts", &[GZIP, html]),
        ("/viewtally.js", &[GZIP]),
    ] {
        let packed = get(&server, path, headers);
        assert_eq!(packed.header("Content-Encoding"), Some("gzip"), "{path}");
        let plain = get(&server, path, &headers[1..]);
        assert_eq!(plain.header("Content-Encoding"), None, "{path}");
        for answer in [&packed, &plain] {
            let varies = answer.headers.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("Vary") && value.contains("Accept-Encoding")
            });
            assert!(varies, "{path}: {answer:?}");
        }
        assert_eq!(unpacked(&packed), plain.text(), "{path}");
        assert!(packed.body.len() < plain.body.len() / 2, "{path}");
        let length = packed.header("Content-Length").expect("a length");
        assert_eq!(length, packed.body.len().to_string());
        if let Some(tag) = plain.header("ETag") {
            let weak = packed.header("ETag").expect("a tag");
            assert_eq!(weak, format!("W/{tag}"), "{path}");
            let known = [GZIP, ("If-None-Match", weak)];
            assert_eq!(get(&server, path, &known).status, 304, "{path}");
        }
    }
}

#[test]
fn what_is_short_shared_or_secret_goes_as_it_is() {
    let (_home, server) = served();
    let token = format!("Bearer {}", crate::support::http::TOKEN);
    for number in 0..60 {
        let name = format!("viewer-{number}");
        get(&server, "/posts/long", &[("Viewer-Id", &name)]);
    }
    crate::support::until("they are counted", || server.views("long") == 60);
    for (path, headers) in [
        ("/posts/post-1", &[GZIP][..]),
        ("/posts/long", &[GZIP]),
        ("/posts/long", &[GZIP, ("Accept", "text/html")]),
        (
            "/posts/long/viewers?limit=60",
            &[GZIP, ("Authorization", &token)],
        ),
    ] {
        let answer = get(&server, path, headers);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("Content-Encoding"), None, "{path}");
    }
    let json: Value = get(&server, "/posts/long", &[GZIP]).json();
    assert!(
        json["body"]
            .as_str()
            .is_some_and(|body| body.len() > 50_000)
    );
    let empty = get(
        &server,
        "/posts?limit=30",
        &[("Accept-Encoding", "gzip;q=0")],
    );
    assert_eq!(empty.header("Content-Encoding"), None);
}
