//! Whether HTML is nested no deeper than people nest it.
//!
//! The parser of HTML looks through all open elements for each new block, and opens what marks text (`<b>`) again in
//! each block after it: time and memory grow with the square of the text. A mebibyte of `<div>` would take minutes.

/// Open elements at once, at most.
const MAX_DEPTH: usize = 256;

/// Elements that are opened again, at most.
const MAX_REOPENED: usize = 50_000;

/// Elements without content, or that the next of their kind ends.
const FLAT: [&str; 22] = [
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta",
    "option", "p", "param", "source", "tbody", "td", "tr", "track", "wbr",
];

/// Elements that are opened again where a block ends before them (WHATWG HTML, "active formatting elements").
const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Reads the tags of a text, in one pass.
pub fn is_moderate(html: &str) -> bool {
    let (mut depth, mut formatting, mut reopened) = (0_usize, 0_usize, 0_usize);
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        rest = &rest[at + 1..];
        let (ends, tag) = match rest.strip_prefix('/') {
            Some(tag) => (true, tag),
            None => (false, rest),
        };
        let length = tag
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        if length == 0 {
            continue;
        }
        let name = &tag[..length];
        let is_one_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let is_formatting = is_one_of(&FORMATTING);
        let step = usize::from(!is_one_of(&FLAT));
        if ends {
            depth = depth.saturating_sub(step);
            formatting = formatting.saturating_sub(usize::from(is_formatting));
        } else {
            depth += step;
            if is_formatting {
                formatting += 1;
            } else {
                reopened += formatting;
            }
        }
        if depth > MAX_DEPTH || reopened > MAX_REOPENED {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_moderate() {
        let table = "<table>".to_owned() + &"<tr><td>a<td>b".repeat(10_000) + "</table>";
        for html in [
            "a < b",
            &"<p>a".repeat(10_000),
            &"<p>a <b>b</b> <br>".repeat(10_000),
            &"<ul><li><a href=x>a</a></ul>".repeat(10_000),
            &table,
        ] {
            assert!(is_moderate(html));
        }
    }

    #[test]
    fn what_nobody_writes_is_not() {
        for html in [
            "<div>".repeat(300),
            "<blockquote>\n".repeat(300),
            "<B x=1>".repeat(100) + &"<p>a".repeat(1_000),
        ] {
            assert!(!is_moderate(&html));
        }
    }
}
