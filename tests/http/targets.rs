//! RFC 9112 §3.2 and RFC 9110 §4.2: the forms of a request target, and the bytes it may have.

use super::case::Then::{Ends, Stays};
use super::case::{Case, case, run};

const FORM: &str = "9112 3.2";
const ABSOLUTE: &str = "9112 3.2.2";

fn target(method: &str, target: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

pub fn cases() -> Vec<Case> {
    let get = |form: &str| target("GET", form);
    let options = |form: &str| target("OPTIONS", form);
    let mut cases = vec![
        case(FORM, "origin form", get("/healthz?x=1"), [200], Stays),
        case(FORM, "an empty query", get("/healthz?"), [200], Stays),
        case(
            FORM,
            "a question mark in the query",
            get("/healthz?a?b"),
            [200],
            Stays,
        ),
        case(
            FORM,
            "percent-encoding",
            get("/posts/hell%6F?count=false"),
            [200],
            Stays,
        ),
        case(
            FORM,
            "percent-encoding in lower case",
            get("/posts/hell%6f?count=false"),
            [200],
            Stays,
        ),
        case(FORM, "an unknown path", get("/nothing"), [404], Stays),
        case(
            FORM,
            "a path of two slashes",
            get("//healthz"),
            [404],
            Stays,
        ),
        case(
            FORM,
            "dot segments are not resolved",
            get("/posts/../healthz"),
            [404],
            Stays,
        ),
        case(
            FORM,
            "paths are told apart by case",
            get("/Healthz"),
            [404],
            Stays,
        ),
        case(
            FORM,
            "a broken percent-encoding names nothing",
            get("/posts/%zz"),
            [404],
            Stays,
        ),
        case(
            FORM,
            "sub-delimiters and colons",
            get("/healthz?a=!$&'()*+,;=:@/"),
            [200],
            Stays,
        ),
        case(
            ABSOLUTE,
            "absolute form",
            get("http://a/healthz"),
            [200],
            Stays,
        ),
        case(
            ABSOLUTE,
            "absolute form with a port",
            get("http://a:80/healthz"),
            [200],
            Stays,
        ),
        case(
            ABSOLUTE,
            "absolute form of another host than Host's",
            get("http://b/healthz"),
            [200],
            Stays,
        ),
        case(
            ABSOLUTE,
            "absolute form with an address",
            get("http://[::1]:80/healthz"),
            [200],
            Stays,
        ),
        case(
            ABSOLUTE,
            "absolute form with a query",
            get("http://a/healthz?x=1"),
            [200],
            Stays,
        ),
        case(
            ABSOLUTE,
            "schemes know no case",
            get("HTTP://a/healthz"),
            [200],
            Stays,
        ),
        case(
            ABSOLUTE,
            "absolute form of an unknown path",
            get("http://a/nothing"),
            [404],
            Stays,
        ),
        case(
            ABSOLUTE,
            "a post in absolute form",
            get("http://a/posts/hello?count=false"),
            [200],
            Stays,
        ),
        case(
            "9112 3.2",
            "absolute form without Host",
            "GET http://a/healthz HTTP/1.1\r\n\r\n",
            [400],
            Ends,
        ),
        case(
            "9110 4.2.1",
            "absolute form without a host",
            get("http:///healthz"),
            [400],
            Ends,
        ),
        case(
            "9110 4.2.1",
            "absolute form with nothing but a port",
            get("http://:80/healthz"),
            [400],
            Ends,
        ),
        case(
            "9110 4.2.4",
            "absolute form with user information",
            get("http://u:p@a/healthz"),
            [400],
            Ends,
        ),
        case(
            FORM,
            "absolute form without slashes",
            get("http:healthz"),
            [400],
            Ends,
        ),
        case(FORM, "another scheme", get("ftp://a/healthz"), [400], Ends),
        case(FORM, "no leading slash", get("healthz"), [400], Ends),
        case(FORM, "a query alone", get("?x=1"), [400], Ends),
        case(
            "9112 3.2.3",
            "authority form with GET",
            get("a:80"),
            [400],
            Ends,
        ),
        case(
            "9112 3.2.3",
            "authority form with CONNECT, by no proxy",
            target("CONNECT", "a:80"),
            [400],
            Ends,
        ),
        case(
            "9112 3.2.4",
            "asterisk form with OPTIONS",
            options("*"),
            [204],
            Stays,
        ),
        case(
            "9112 3.2.4",
            "asterisk form with GET",
            get("*"),
            [400],
            Ends,
        ),
        case(
            "9112 3.2.4",
            "asterisk form with POST",
            target("POST", "*"),
            [400],
            Ends,
        ),
        case(
            "9112 3.2.4",
            "an asterisk and more",
            options("*x"),
            [400],
            Ends,
        ),
        case(
            "9112 3.2.4",
            "an asterisk in a path",
            options("/*"),
            [404],
            Stays,
        ),
        case(FORM, "a fragment", get("/healthz#x"), [400], Ends),
        case(
            FORM,
            "a fragment in the query",
            get("/healthz?x#y"),
            [400],
            Ends,
        ),
        case(FORM, "a fragment alone", get("#x"), [400], Ends),
    ];
    let bytes: [(&str, &[u8]); 10] = [
        ("UTF-8", "é".as_bytes()),
        ("Latin-1", b"\xe9"),
        ("0xff", b"\xff"),
        ("0x01", b"\x01"),
        ("backspace", b"\x08"),
        ("vertical tab", b"\x0b"),
        ("escape", b"\x1b"),
        ("delete", b"\x7f"),
        ("tab", b"\t"),
        ("CR", b"\r"),
    ];
    for (name, byte) in bytes {
        for place in ["/health", "/healthz?x="] {
            let start = format!("GET {place}");
            let end = b"z HTTP/1.1\r\nHost: a\r\n\r\n";
            let bytes = [start.as_bytes(), byte, end].concat();
            let what = format!("{name} after {place:?}");
            cases.push(case("9112 3.2", what, bytes, [400], Ends));
        }
    }
    cases
}

#[test]
fn targets_have_the_forms_of_the_rfc() {
    run(&cases());
}
