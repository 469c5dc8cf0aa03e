//! RFC 9110 §5.1 and §5.6.2: what the name of a field may be made of.

use super::case::Then::{Ends, Stays};
use super::case::{Case, case, healthz, run};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for sign in "!#$%&'*+-.^_`|~".chars() {
        for name in [format!("{sign}"), format!("X{sign}y")] {
            let line = format!("{name}: value\r\n");
            let what = format!("{name} is a name");
            cases.push(case("9110 5.6.2", what, healthz(line), [200], Stays));
        }
    }
    cases.push(case(
        "9110 5.6.2",
        "digits alone are a name",
        healthz("123: value\r\n"),
        [200],
        Stays,
    ));
    for sign in "\"(),/;<=>?@[\\]{}".chars() {
        let line = format!("X{sign}y: value\r\n");
        let what = format!("{sign} is in no name");
        cases.push(case("9110 5.6.2", what, healthz(line), [400], Ends));
    }
    for byte in [
        0x00, 0x01, 0x08, 0x0b, 0x0c, 0x1b, 0x7f, 0x80, 0xa0, 0xe9, 0xff,
    ] {
        for (place, line) in [
            ("before", [&[byte][..], b"Xy: value\r\n"].concat()),
            ("within", [b"X", &[byte][..], b"y: value\r\n"].concat()),
            ("after", [b"Xy", &[byte][..], b": value\r\n"].concat()),
        ] {
            let what = format!("byte {byte:#04x} {place} a name");
            cases.push(case("9110 5.6.2", what, healthz(line), [400], Ends));
        }
    }
    for hidden in [
        "\x0bContent-Length: 5\r\n",
        "\x0cContent-Length: 5\r\n",
        "Content-Length\x0b: 5\r\n",
        "\x0bTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length : 5\r\n",
        "Content-Length\t: 5\r\n",
        "Content Length: 5\r\n",
    ] {
        let what = format!("{hidden:?} hides a length from some");
        cases.push(case("9112 5.1", what, healthz(hidden), [400], Ends));
    }
    cases
}

#[test]
fn names_of_fields_are_tokens() {
    run(&cases());
}
