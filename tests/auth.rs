//! Who may write: with a token its bearers, without one whoever is on this machine.

use serde_json::json;

use crate::support::{Home, Server, assert_problem};

fn post() -> serde_json::Value {
    json!({"title": "Guarded", "slug": "guarded", "body": "text"})
}

fn create_as(server: &Server, authorization: &[(&str, &str)]) -> crate::support::Response {
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend_from_slice(authorization);
    server
        .connect()
        .request("POST", "/posts", &headers, post().to_string().as_bytes())
}

#[test]
fn loopback_clients_write_without_a_token_when_none_is_set() {
    let home = Home::new();
    let server = home.serve().start();
    assert_eq!(create_as(&server, &[]).status, 201);
}

#[test]
fn a_start_without_a_token_makes_one_and_says_where_but_not_what() {
    let home = Home::new();
    let server = home.serve().flag("--listen", "0.0.0.0:0").start();
    let address = (std::net::Ipv4Addr::LOCALHOST, server.address.port()).into();
    let mut client = crate::support::Client::connect(address);
    assert_eq!(client.get("/healthz").status, 200);
    let path = home.database_file().with_file_name("token");
    let token = std::fs::read_to_string(&path).expect("the token's file");
    assert_eq!(token.trim().len(), 64);
    let finished = server.stop();
    let said = format!("{}{}", finished.stdout, finished.stderr);
    assert!(said.contains(&*path.to_string_lossy()), "{said}");
    assert!(!said.contains(token.trim()), "{said}");
}

#[test]
fn a_token_file_that_holds_no_token_is_refused() {
    let home = Home::new();
    for content in ["", "two words\n"] {
        let path = home.write("token", content);
        let finished = home.serve().run();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert_eq!(finished.stdout, "");
        let path = path.to_string_lossy();
        assert!(finished.stderr.contains(&*path), "{}", finished.stderr);
    }
}

#[test]
fn serving_other_addresses_with_a_token_is_allowed() {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--listen", "0.0.0.0:0")
        .flag("--token", "s3cret")
        .start();
    let address = (std::net::Ipv4Addr::LOCALHOST, server.address.port()).into();
    let mut client = crate::support::Client::connect(address);
    assert_eq!(client.get("/healthz").status, 200);
    let bearer = [
        ("Authorization", "Bearer s3cret"),
        ("Content-Type", "application/json"),
    ];
    assert_eq!(
        client
            .request("POST", "/posts", &bearer, post().to_string().as_bytes())
            .status,
        201
    );
}

#[test]
fn a_set_token_is_asked_of_every_write() {
    let home = Home::new();
    let server = home.serve().flag("--token", "s3cret").start();
    let wrong: [&[(&str, &str)]; 6] = [
        &[],
        &[("Authorization", "Bearer wrong!")],
        &[("Authorization", "Bearer s3cre")],
        &[("Authorization", "Bearer s3crett")],
        &[("Authorization", "Basic czNjcmV0")],
        &[("Authorization", "")],
    ];
    for headers in wrong {
        let answer = create_as(&server, headers);
        assert_problem(&answer, 401);
        let challenge = answer.header("WWW-Authenticate").unwrap_or_default();
        assert!(
            challenge.starts_with("Bearer"),
            "{challenge:?} for {headers:?}"
        );
        assert!(!answer.text().contains("s3cret"));
    }
    assert_eq!(
        create_as(&server, &[("Authorization", "Bearer s3cret")]).status,
        201
    );
    for method in ["PUT", "DELETE"] {
        assert_problem(&server.send_json(method, "/posts/guarded", &post()), 401);
    }
    assert_eq!(
        server.get("/posts/guarded").status,
        200,
        "reading needs no token"
    );
}

#[test]
fn the_token_is_read_from_a_file() {
    let home = Home::new();
    let file = home.write("token", "s3cret\n");
    let server = home
        .serve()
        .flag("--token-file", &file.to_string_lossy())
        .start();
    assert_problem(&create_as(&server, &[]), 401);
    assert_eq!(
        create_as(&server, &[("Authorization", "Bearer s3cret")]).status,
        201
    );
}

#[test]
fn the_token_shows_in_no_log() {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--token", "s3cret")
        .flag("--log", "trace")
        .start();
    create_as(&server, &[("Authorization", "Bearer s3cret")]);
    let finished = server.stop();
    assert!(
        !finished.stdout.contains("s3cret") && !finished.stderr.contains("s3cret"),
        "{finished:?}"
    );
}
