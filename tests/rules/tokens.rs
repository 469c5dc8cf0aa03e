//! Rust source as tokens: names, `::` and single signs; no comments, no literals.

/// A token and the line it stands on.
#[derive(Clone, Debug)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

impl Token {
    pub fn is_name(&self) -> bool {
        self.text.starts_with(is_name_start)
    }
}

fn is_name_start(sign: char) -> bool {
    sign.is_alphabetic() || sign == '_'
}

fn is_name_part(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// Splits a file's text.
///
/// A string that is a path of the crate, as attributes of derive macros take them (`with = "crate::time"`), is read
/// as that path; every other literal is left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader {
        signs: text.chars().collect(),
        at: 0,
        line: 1,
        tokens: Vec::new(),
    };
    while reader.at < reader.signs.len() {
        reader.step();
    }
    reader.tokens
}

struct Reader {
    signs: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> char {
        self.signs.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn starts_with(&self, wanted: &str) -> bool {
        wanted
            .chars()
            .enumerate()
            .all(|(ahead, sign)| self.peek(ahead) == sign)
    }

    fn advance(&mut self, signs: usize) {
        for _ in 0..signs {
            if self.peek(0) == '\n' {
                self.line += 1;
            }
            self.at += 1;
        }
    }

    fn push(&mut self, text: &str, line: usize) {
        self.tokens.push(Token {
            text: text.to_owned(),
            line,
        });
    }

    fn step(&mut self) {
        let sign = self.peek(0);
        if sign.is_whitespace() {
            self.advance(1);
        } else if self.starts_with("//") {
            while self.at < self.signs.len() && self.peek(0) != '\n' {
                self.advance(1);
            }
        } else if self.starts_with("/*") {
            self.block_comment();
        } else if let Some(hashes) = self.raw_string() {
            self.skip_raw_string(hashes);
        } else if sign == '"' {
            self.advance(1);
            self.string();
        } else if (sign == 'b' || sign == 'c') && self.peek(1) == '"' {
            self.advance(2);
            self.string();
        } else if sign == '\'' {
            self.char_or_lifetime();
        } else if is_name_start(sign) {
            self.name();
        } else if sign.is_ascii_digit() {
            while is_name_part(self.peek(0)) {
                self.advance(1);
            }
        } else if self.starts_with("::") {
            self.push("::", self.line);
            self.advance(2);
        } else {
            self.push(&sign.to_string(), self.line);
            self.advance(1);
        }
    }

    fn name(&mut self) {
        if self.starts_with("r#") {
            self.advance(2);
        }
        let (start, line) = (self.at, self.line);
        while is_name_part(self.peek(0)) {
            self.advance(1);
        }
        let text: String = self.signs[start..self.at].iter().collect();
        self.push(&text, line);
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.signs.len() {
            if self.starts_with("/*") {
                depth += 1;
                self.advance(2);
            } else if self.starts_with("*/") {
                depth -= 1;
                self.advance(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.advance(1);
            }
        }
    }

    /// The hashes of a raw string that starts here: `r"`, `r#"`, `br##"`.
    fn raw_string(&self) -> Option<usize> {
        let prefix = usize::from(matches!(self.peek(0), 'b' | 'c'));
        if self.peek(prefix) != 'r' {
            return None;
        }
        let hashes = (0..)
            .take_while(|at| self.peek(prefix + 1 + at) == '#')
            .count();
        (self.peek(prefix + 1 + hashes) == '"').then_some(hashes)
    }

    fn skip_raw_string(&mut self, hashes: usize) {
        while self.peek(0) != '"' {
            self.advance(1);
        }
        self.advance(1);
        let end = format!("\"{}", "#".repeat(hashes));
        while self.at < self.signs.len() && !self.starts_with(&end) {
            self.advance(1);
        }
        self.advance(end.len());
    }

    /// The rest of a string after its opening quotation mark.
    fn string(&mut self) {
        let (start, line) = (self.at, self.line);
        while self.at < self.signs.len() && self.peek(0) != '"' {
            self.advance(if self.peek(0) == '\\' { 2 } else { 1 });
        }
        let end = self.at.min(self.signs.len());
        let text: String = self.signs[start..end].iter().collect();
        self.advance(1);
        let segments: Vec<&str> = text.split("::").collect();
        let is_path = matches!(segments[0], "crate" | "super" | "self")
            && segments.len() > 1
            && segments
                .iter()
                .all(|segment| !segment.is_empty() && segment.chars().all(is_name_part));
        if is_path {
            for (number, segment) in segments.into_iter().enumerate() {
                if number > 0 {
                    self.push("::", line);
                }
                self.push(segment, line);
            }
        }
    }

    /// `'a'`, `'\n'`, `'\''`, or a lifetime `'a`.
    fn char_or_lifetime(&mut self) {
        if self.peek(1) == '\\' {
            self.advance(3);
            while self.at < self.signs.len() && self.peek(0) != '\'' {
                self.advance(1);
            }
            self.advance(1);
        } else if self.peek(2) == '\'' {
            self.advance(3);
        } else {
            self.advance(1);
            while is_name_part(self.peek(0)) {
                self.advance(1);
            }
        }
    }
}

#[test]
fn comments_literals_and_lifetimes_are_no_tokens() {
    let text = r####"
        // use crate::a;
        /* outer /* use crate::b; */ use crate::c; */
        fn f<'a>(x: &'a str) { let _ = ("use crate::d; \" \\", 'x', '\'', '"', b"q", r#"crate::"e""#, 1_u8); }
        #[serde(with = "crate::time::millis")]
    "####;
    let found: Vec<String> = tokens(text).into_iter().map(|token| token.text).collect();
    let names: Vec<&str> = found
        .iter()
        .map(String::as_str)
        .filter(|text| text.starts_with(is_name_start) || *text == "::")
        .collect();
    assert_eq!(
        names,
        [
            "fn", "f", "x", "str", "let", "_", "serde", "with", "crate", "::", "time", "::",
            "millis"
        ]
    );
}

#[test]
fn tokens_know_their_lines() {
    let found = tokens("a /* \n */ b\n\"\n\" c");
    let lines: Vec<(&str, usize)> = found
        .iter()
        .map(|token| (token.text.as_str(), token.line))
        .collect();
    assert_eq!(lines, [("a", 1), ("b", 2), ("c", 4)]);
}
