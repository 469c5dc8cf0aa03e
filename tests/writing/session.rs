//! Sessions: how one begins and ends, and what it opens and does not.

use super::owner::{OWN, Owner, cookie_of, send_form};
use crate::pages::negotiation::page;
use crate::support::clock::FakeClock;
use crate::support::http::TOKEN;
use crate::support::{Home, assert_problem, until};

/// A week, in seconds.
const WEEK: i64 = 7 * 24 * 60 * 60;

#[test]
fn the_token_begins_a_session_in_a_cookie_that_no_script_and_no_other_site_uses() {
    let home = Home::new();
    let server = home.serve().start();
    let form = page(&server, "/sign-in?next=/write%3Fa").text();
    assert!(form.contains("name=\"next\" value=\"/write?a\""), "{form}");
    let fields = [("token", TOKEN), ("next", "/write?a")];
    let answer = send_form(&server, "/sign-in", &[OWN], &fields);
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("Location"), Some("/write?a"));
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let cookie = answer.header("Set-Cookie").expect("a cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=1209600"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{cookie}");
    }
    assert!(
        cookie.starts_with("viewtally=") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert!(!cookie.contains(TOKEN));
    for elsewhere in ["//host", "https://host/", "/\\host", "/\t/host", "write"] {
        let fields = [("token", TOKEN), ("next", elsewhere)];
        let answer = send_form(&server, "/sign-in", &[OWN], &fields);
        assert_eq!(answer.header("Location"), Some("/"), "{elsewhere:?}");
    }
}

#[test]
fn behind_tls_the_cookie_is_secure() {
    let home = Home::new();
    let server = home.serve().flag("--trust-proxy", "127.0.0.1").start();
    let fields = [("token", TOKEN)];
    for says in [
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=192.0.2.1;proto=https"),
    ] {
        let answer = send_form(&server, "/sign-in", &[OWN, says], &fields);
        let field = answer.header("Set-Cookie").expect("a cookie").to_owned();
        assert!(
            field.starts_with("__Host-viewtally=") && field.contains("; Secure;"),
            "{field}"
        );
        let cookie = cookie_of(&answer);
        let own = [("Cookie", cookie.as_str()), ("Accept", "text/html"), says];
        let mut client = server.connect();
        assert_eq!(
            client
                .request_without_token("GET", "/write", &own, b"")
                .status,
            200
        );
        // Without TLS it is another cookie.
        assert_eq!(
            client
                .request_without_token("GET", "/write", &own[..2], b"")
                .status,
            401
        );
    }
    let plain = home.serve().start();
    let answer = send_form(
        &plain,
        "/sign-in",
        &[OWN, ("X-Forwarded-Proto", "https")],
        &fields,
    );
    let field = answer.header("Set-Cookie").expect("a cookie");
    assert!(
        !field.contains("Secure"),
        "a client that is no proxy says so: {field}"
    );
}

#[test]
fn who_is_not_signed_in_is_asked_for_the_token_in_place_of_the_page() {
    let home = Home::new();
    let server = home.serve().flag("--dashboard", "private").start();
    let id = server.create("hello", "text");
    for path in [
        "/write".to_owned(),
        format!("/write/{id}"),
        "/?period=7d".to_owned(),
        format!("/posts/{id}/stats"),
    ] {
        let answer = page(&server, &path);
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
        let text = answer.text();
        assert!(
            text.contains(&format!("name=\"next\" value=\"{path}\"")),
            "{text}"
        );
        assert!(text.contains("type=\"password\""), "{text}");
    }
    assert_problem(&server.get("/write"), 401);
    let owner = Owner::of(&server);
    for path in ["/write", "/", "/posts/hello/stats", "/live.json"] {
        let answer = owner.page(path);
        assert_eq!(answer.status, 200, "{path}");
        let kept = answer.header("Cache-Control").expect("a rule");
        assert!(kept.contains("no-store"), "{path}: {kept}");
    }
    assert_eq!(owner.page("/write/nothing").status, 404);
}

#[test]
fn a_session_shows_viewers_and_opens_nothing_of_the_api() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    server
        .connect()
        .request("GET", "/posts/hello", &[("Viewer-Id", "ann")], b"");
    until("ann has viewed it", || server.views("hello") == 1);
    let owner = Owner::of(&server);
    let stats = owner.page("/posts/hello/stats").text();
    assert!(
        stats.contains(">ann</th>") && stats.contains("/write/1"),
        "{stats}"
    );
    let public = page(&server, "/posts/hello/stats").text();
    assert!(
        !public.contains(">ann<") && !public.contains("/write/1"),
        "{public}"
    );

    let with_cookie = [("Cookie", owner.cookie.as_str()), ("Viewer-Id", "bob"), OWN];
    let json = [with_cookie[0], OWN, ("Content-Type", "application/json")];
    let mut client = server.connect();
    for (method, path) in [
        ("GET", "/posts/hello/viewers"),
        ("GET", "/viewers/ann/posts"),
        ("DELETE", "/viewers/ann"),
        ("DELETE", "/posts/hello"),
        ("POST", "/posts"),
        ("PUT", "/posts/hello"),
        ("PUT", "/posts/hello/views"),
    ] {
        let answer = client.request_without_token(method, path, &json, b"{\"title\":\"a\"}");
        assert_eq!(answer.status, 401, "{method} {path}");
    }
    client.request_without_token("GET", "/posts/hello", &with_cookie, b"");
    until("the owner has viewed it", || server.views("hello") == 2);
    let bob = [("Authorization", format!("Bearer {TOKEN}"))];
    let bob: Vec<(&str, &str)> = bob
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let answer = client.request("GET", "/posts/hello/viewers/bob", &bob, b"");
    assert_eq!(answer.status, 404, "a name was believed");
}

#[test]
fn pages_of_posts_are_the_same_for_all() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    let owner = Owner::of(&server);
    let path = "/posts/hello?count=false";
    assert_eq!(owner.page(path).text(), page(&server, path).text());
    assert_eq!(owner.page("/posts").text(), page(&server, "/posts").text());
}

#[test]
fn signing_out_and_a_new_token_end_it() {
    let home = Home::new();
    let server = home.serve().start();
    let owner = Owner::of(&server);
    assert_eq!(page(&server, "/sign-out").status, 405);
    assert_eq!(
        owner.send_bare("/sign-out", &[("form_token", "x")]).status,
        403
    );
    let answer = owner.send("/sign-out", &[]);
    assert_eq!(answer.status, 303);
    let field = answer.header("Set-Cookie").expect("a cookie");
    assert!(
        field.starts_with("viewtally=;") && field.contains("Max-Age=0"),
        "{field}"
    );
    assert_eq!(owner.page("/write").status, 200);
    let cookie = owner.cookie.clone();
    assert_eq!(server.stop().code, Some(0));

    let again = home.serve().start();
    let owner = Owner {
        server: &again,
        cookie,
    };
    assert_eq!(owner.page("/write").status, 200, "a restart ends nothing");
    let cookie = owner.cookie.clone();
    assert_eq!(again.stop().code, Some(0));

    let other = home
        .serve()
        .flag("--token", "another-token-9876543210")
        .start();
    let owner = Owner {
        server: &other,
        cookie,
    };
    assert_eq!(owner.page("/write").status, 401);
}

#[test]
fn it_ends_after_a_week_without_a_page_and_loses_no_text() {
    let home = Home::new();
    let Some(clock) = FakeClock::below(&home) else {
        return;
    };
    let server = clock.over(home.serve()).start();
    let owner = Owner::of(&server);
    let token = owner.form_token();
    assert_eq!(owner.page("/write").header("Set-Cookie"), None);
    clock.set(&server, WEEK - 3600);
    let renewed = cookie_of(&owner.page("/write"));
    clock.set(&server, WEEK + 3600);
    assert_eq!(owner.page("/write").status, 401);
    let later = Owner {
        server: &server,
        cookie: renewed,
    };
    assert_eq!(later.page("/write").status, 200);

    let fields = [
        ("form_token", token.as_str()),
        ("title", "A title"),
        ("body", "long text"),
    ];
    let late = owner.send_bare("/write", &fields);
    assert_eq!(late.status, 401);
    let text = late.text();
    assert!(
        text.contains("long text") && text.contains("your time signed in has ended"),
        "{text}"
    );
    assert_eq!(
        server.get("/posts").json()["items"]
            .as_array()
            .map(Vec::len),
        Some(0)
    );
    // Signed in again, the form that was left open is good.
    let own = [OWN, ("Cookie", owner.cookie.as_str())];
    let answer = send_form(&server, "/sign-in", &own, &[("token", TOKEN)]);
    let again = Owner {
        server: &server,
        cookie: cookie_of(&answer),
    };
    assert_eq!(again.send_bare("/write", &fields).status, 303);
}
