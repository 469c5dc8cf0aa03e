//! Taking hours out on a post's page of numbers, and putting them back.

use serde_json::json;

use super::in_browser::{signed_in, url};
use super::owner::{OWN, Owner, hidden, send_form};
use crate::pages::negotiation::page;
use crate::support::axe::Axe;
use crate::support::browser::{Browser, Tab};
use crate::support::http::TOKEN;
use crate::support::page::{DESK, NARROW, NIGHT};
use crate::support::{Home, Server, assert_problem, until};

/// A time in which everything happens, in the form's fields.
const ALL: [(&str, &str); 4] = [
    ("from", "2020-01-01T00:00"),
    ("to", "2100-01-01T00:00"),
    ("reason", "a <crawler>"),
    ("tz", "UTC"),
];

const PATH: &str = "/posts/hello/stats";

/// A server with a post that was read five times.
fn served(home: &Home) -> Server {
    let server = home.serve().start();
    server.create("hello", "text");
    for _ in 0..5 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    until("all is counted", || server.views("hello") == 5);
    server
}

fn with<'f>(action: &'f str, more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    [&[("action", action)], &ALL[..], more].concat()
}

/// The corrections that the API lists: views and reason.
fn corrections(server: &Server) -> Vec<(i64, String)> {
    let list = server
        .connect()
        .request("GET", "/posts/hello/corrections", &[], b"")
        .json();
    let items = list["items"].as_array().expect("items").iter();
    items
        .map(|one| {
            (
                one["views"].as_i64().expect("views"),
                one["reason"].as_str().expect("a reason").to_owned(),
            )
        })
        .collect()
}

#[test]
fn hours_are_previewed_taken_out_and_put_back() {
    let home = Home::new();
    let server = served(&home);
    let owner = Owner::of(&server);
    let numbers = owner.page(&format!("{PATH}?tz=Asia/Seoul")).text();
    assert!(
        numbers.contains("Take a burst out") && numbers.contains("In Asia/Seoul."),
        "{numbers}"
    );

    let preview = owner.send(PATH, &with("preview", &[]));
    assert_eq!(preview.status, 200);
    assert_eq!(preview.header("Cache-Control"), Some("private, no-store"));
    let text = preview.text();
    for part in [
        "<strong>5 views</strong>",
        "0 views stay",
        "1 January 2020, 00:00 to 1 January 2100, 00:00",
        "Take out 5 views</button>",
        "a &#60;crawler&#62;",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(server.views("hello"), 5, "nothing is done yet");

    let seen = hidden(&text, "seen");
    let taken = owner.send(PATH, &with("take-out", &[("seen", &seen)]));
    assert_eq!(taken.status, 303, "{}", taken.text());
    let next = taken.header("Location").expect("where to go on").to_owned();
    assert_eq!(
        next,
        format!("{PATH}?tz=UTC&done=taken-out#page-corrections")
    );
    assert_eq!(server.views("hello"), 0);
    let numbers = owner.page(next.split('#').next().expect("a path")).text();
    for part in [
        "The hours are taken out.",
        "Taken out: 1 January 2020, 00:00 to 1 January 2100, 00:00",
        ">\u{2212}5<",
        ">Put back</button>",
    ] {
        assert!(numbers.contains(part), "{part}: {numbers}");
    }
    let public = page(&server, PATH).text();
    assert!(
        public.contains("Taken out: ") && !public.contains("Put back</button>"),
        "forms are for who is signed in: {public}"
    );
    assert!(!public.contains("Take a burst out"), "{public}");

    let number = hidden(&numbers, "correction");
    let back = [("action", "take-back"), ("correction", number.as_str())];
    for _ in 0..2 {
        let answer = owner.send(PATH, &back);
        assert_eq!(answer.status, 303);
        assert_eq!(
            answer.header("Location"),
            Some("/posts/hello/stats?done=put-back#page-corrections")
        );
    }
    assert_eq!(server.views("hello"), 5, "once");
    let numbers = owner.page(PATH).text();
    for part in ["Put back: 1 January", "Taken out, and put back since: "] {
        assert!(numbers.contains(part), "{part}: {numbers}");
    }
    assert!(!numbers.contains("Put back</button>"), "{numbers}");
    let reason = "a <crawler>".to_owned();
    assert_eq!(corrections(&server), [(5, reason.clone()), (-5, reason)]);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.run(&["check"]).code, Some(0), "its numbers are sound");
}

#[test]
fn what_was_not_shown_or_is_not_right_is_not_done() {
    let home = Home::new();
    let server = served(&home);
    let owner = Owner::of(&server);
    let shown = hidden(&owner.send(PATH, &with("preview", &[])).text(), "seen");
    for seen in ["", "x", &shown.replace('5', "6")] {
        let answer = owner.send(PATH, &with("take-out", &[("seen", seen)]));
        assert_eq!(answer.status, 409);
        assert!(answer.text().contains("not what you were shown"));
    }
    // A reader in between.
    assert_eq!(server.get("/posts/hello").status, 200);
    until("it is counted", || server.views("hello") == 6);
    let answer = owner.send(PATH, &with("take-out", &[("seen", &shown)]));
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("<strong>6 views</strong>"));

    for (field, value, mistake) in [
        ("from", "", "page-from-mistake"),
        ("from", "soon", "page-from-mistake"),
        ("to", "2020-01-01T00:00", "page-to-mistake"),
        ("to", "2019-01-01T00:00", "page-to-mistake"),
        ("reason", " ", "page-reason-mistake"),
        ("reason", &"x".repeat(501), "page-reason-mistake"),
    ] {
        for action in ["preview", "take-out", ""] {
            let answer = owner.send(PATH, &with(action, &[(field, value)]));
            assert_eq!(answer.status, 422, "{field} {value}");
            let text = answer.text();
            assert!(text.contains(mistake), "{mistake}: {text}");
            assert!(!text.contains("value=\"take-out\""), "{text}");
        }
    }
    let nothing = [("from", "2020-01-01T00:20"), ("to", "2020-01-01T00:40")];
    let answer = owner.send(PATH, &with("preview", &nothing));
    assert_eq!(answer.status, 200);
    let text = answer.text();
    assert!(
        text.contains("There is no view of 1 January 2020, 00:00 to 01:00"),
        "{text}"
    );
    assert!(text.contains("more than you asked for") && !text.contains("value=\"take-out\""));

    let unknown = [("action", "take-back"), ("correction", "99")];
    assert_eq!(owner.send(PATH, &unknown).status, 404);
    let nobody = owner.send("/posts/nobody/stats", &with("preview", &[]));
    assert_eq!(nobody.status, 404);
    assert_eq!(corrections(&server), []);

    let set = json!({"views": 2, "reason": "estimated"});
    let set = server.send_json("PUT", "/posts/hello/views", &set);
    assert_eq!(set.status, 200);
    let answer = owner.send(PATH, &with("preview", &[]));
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("these hours have 6"));
    assert_eq!(server.views("hello"), 2);
}

#[test]
fn only_own_forms_of_who_is_signed_in_are_followed() {
    let home = Home::new();
    let server = served(&home);
    let (owner, other) = (Owner::of(&server), Owner::of(&server));
    let shown = hidden(&owner.send(PATH, &with("preview", &[])).text(), "seen");
    let token = owner.form_token();
    let more = [("seen", shown.as_str()), ("form_token", token.as_str())];
    let fields = with("take-out", &more);
    let cookie = ("Cookie", owner.cookie.as_str());
    for said in [
        &[][..],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Origin", "http://evil.example")],
    ] {
        let headers = [said, &[cookie]].concat();
        let answer = send_form(&server, PATH, &headers, &fields);
        assert_eq!(answer.status, 403, "{said:?}");
    }
    assert_eq!(send_form(&server, PATH, &[OWN], &fields).status, 401);
    let foreign = other.form_token();
    for wrong in ["", "x", &foreign] {
        let more = [("seen", shown.as_str()), ("form_token", wrong)];
        let answer = owner.send_bare(PATH, &with("take-out", &more));
        assert_eq!(answer.status, 403, "{wrong}");
        let text = answer.text();
        assert!(
            text.contains("a &#60;crawler&#62;") && text.contains("once more"),
            "{text}"
        );
        let back = [
            ("action", "take-back"),
            ("correction", "1"),
            ("form_token", wrong),
        ];
        assert_eq!(owner.send_bare(PATH, &back).status, 401);
    }
    // The token of the API opens no form.
    let bearer = format!("Bearer {TOKEN}");
    let answer = send_form(&server, PATH, &[OWN, ("Authorization", &bearer)], &fields);
    assert_eq!(answer.status, 401);
    assert_eq!(corrections(&server), []);
    assert_problem(&server.connect().request("POST", PATH, &[], b""), 403);
    assert_eq!(owner.send_bare(PATH, &fields).status, 303);
}

/// Fills the form's time and reason.
fn fill(browser: &mut Browser, tab: &Tab, to: &str) {
    let script = format!(
        "document.querySelector('#page-from').value = '2020-01-01T00:00'; \
         document.querySelector('#page-to').value = '{to}'; \
         document.querySelector('#page-reason').value = 'a crawler'; true"
    );
    assert_eq!(browser.evaluate(tab, &script), true);
}

#[test]
fn it_is_done_without_scripts() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let home = Home::new();
    let server = served(&home);
    let tab = signed_in(&mut browser, &server, DESK);
    browser.without_scripts(&tab);
    browser.visit(&tab, &url(&server, PATH));
    fill(&mut browser, &tab, "2100-01-01T00:00");
    browser.submit(&tab, ".removal [value=preview]");
    browser.submit(&tab, "[value=take-out]");
    assert_eq!(server.views("hello"), 0);
    browser.submit(&tab, "[value=take-back]");
    assert_eq!(server.views("hello"), 5);
    browser.wait_for(&tab, "location.pathname", PATH);
}

#[test]
fn axe_finds_no_barrier_and_narrow_screens_hold_it() {
    let (Some(axe), Some(mut browser)) = (Axe::load(), Browser::start()) else {
        return;
    };
    let home = Home::new();
    let server = served(&home);
    let tab = signed_in(&mut browser, &server, DESK);
    for (screen, kind) in [(DESK, "light"), (NIGHT, "dark"), (NARROW, "narrow")] {
        browser.resize(&tab, screen);
        browser.visit(&tab, &url(&server, PATH));
        // Each state, one after the other: what is pressed, and what is there then.
        for (to, button, there) in [
            ("", "", ".removal"),
            ("2019-01-01T00:00", "[value=preview]", "#page-to-mistake"),
            ("2100-01-01T00:00", "[value=preview]", "#page-removal"),
            ("", "[value=take-out]", "[value=take-back]"),
            ("", "[value=take-back]", ".notice.good"),
        ] {
            if !to.is_empty() {
                fill(&mut browser, &tab, to);
            }
            if !button.is_empty() {
                browser.submit(&tab, button);
            }
            let shown = format!("Boolean(document.querySelector('{there}'))");
            assert_eq!(browser.evaluate(&tab, &shown), true, "{there}, {kind}");
            let found = axe.violations(&mut browser, &tab);
            assert_eq!(found, [""; 0], "{there}, {kind}");
            assert!(!browser.scrolls_sideways(&tab), "{there}, {kind}");
            assert_eq!(browser.violations(&tab), [""; 0], "{there}");
            let name = there.replace(['[', ']', '.', '#', '='], "");
            browser.picture(&tab, &format!("removal-{name}-{kind}"));
        }
        assert_eq!(server.views("hello"), 5);
    }
    assert_eq!(corrections(&server).len(), 6);
}
