//! `If-Match`: a change is refused when somebody else changed the post in between, and not for its views.

use serde_json::json;

use crate::support::{Home, Response, Server, assert_problem, until};

fn served() -> (Home, Server) {
    let home = Home::new();
    let server = home.serve().start();
    server.create("tagged", "one");
    (home, server)
}

fn tag(server: &Server) -> String {
    let answer = server.get("/posts/tagged?count=false");
    answer.header("ETag").expect("a tag").to_owned()
}

fn put(server: &Server, tag: &str, body: &str) -> Response {
    let post = json!({"title": "T", "slug": "tagged", "body": body}).to_string();
    let headers = [("Content-Type", "application/json"), ("If-Match", tag)];
    server
        .connect()
        .request("PUT", "/posts/tagged", &headers, post.as_bytes())
}

fn delete(server: &Server, tag: &str) -> Response {
    server
        .connect()
        .request("DELETE", "/posts/tagged", &[("If-Match", tag)], b"")
}

fn body(server: &Server) -> String {
    let post = server.get("/posts/tagged?count=false").json();
    post["body"].as_str().expect("a body").to_owned()
}

/// Reads the post once and waits until that shows in its tag.
fn view(server: &Server) {
    let before = (server.views("tagged"), tag(server));
    assert_eq!(server.get("/posts/tagged").status, 200);
    until("the view is counted and in the tag", || {
        server.views("tagged") == before.0 + 1 && tag(server) != before.1
    });
}

#[test]
fn an_update_against_a_stale_tag_is_refused() {
    let (_home, server) = served();
    let first = tag(&server);
    assert_problem(&put(&server, "\"no-such-tag\"", "two"), 412);
    assert_eq!(put(&server, &first, "two").status, 200);
    assert_problem(&put(&server, &first, "three"), 412);
    assert_eq!(body(&server), "two");
    assert_eq!(put(&server, "*", "four").status, 200);
    assert_eq!(body(&server), "four");
    let list = format!("\"other\", {}", tag(&server));
    assert_eq!(put(&server, &list, "five").status, 200);
    assert_eq!(body(&server), "five");
}

#[test]
fn a_deletion_against_a_stale_tag_is_refused() {
    let (_home, server) = served();
    let first = tag(&server);
    assert_problem(&delete(&server, "\"no-such-tag\""), 412);
    assert_eq!(put(&server, &first, "two").status, 200);
    assert_problem(&delete(&server, &first), 412);
    assert_eq!(body(&server), "two", "it is still there");
    assert_eq!(delete(&server, &tag(&server)).status, 204);
    assert_problem(&server.get("/posts/tagged"), 404);
    assert_problem(&delete(&server, "*"), 404);
}

#[test]
fn a_view_counted_in_between_does_not_get_in_an_authors_way() {
    let (home, server) = served();
    let before = tag(&server);
    view(&server);
    assert_eq!(put(&server, &before, "two").status, 200);
    assert_eq!(body(&server), "two");
    assert_problem(&put(&server, &before, "three"), 412);

    let before = tag(&server);
    view(&server);
    assert_eq!(delete(&server, &before).status, 204);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(
        home.database()
            .number("SELECT count(*) AS number FROM posts"),
        0
    );
}
