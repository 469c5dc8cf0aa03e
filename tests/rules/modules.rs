//! The modules of a crate as its files declare them: what each defines, imports and mentions.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Token, tokens};

/// The names from the crate's root to a module.
pub type ModulePath = Vec<String>;

/// A path written in a module, and where.
#[derive(Clone, Debug)]
pub struct Mention {
    pub path: Vec<String>,
    pub line: usize,
}

/// One name that a `use` brings in; `None` for a glob.
#[derive(Clone, Debug)]
pub struct Use {
    pub mention: Mention,
    pub name: Option<String>,
}

/// A module: a file, or a part of one in braces.
#[derive(Debug, Default)]
pub struct Module {
    pub file: String,
    pub items: BTreeSet<String>,
    pub uses: Vec<Use>,
    /// Paths outside of `use`.
    pub mentions: Vec<Mention>,
}

/// All modules of a crate; those that only tests have are left out.
#[derive(Debug, Default)]
pub struct Modules(pub BTreeMap<ModulePath, Module>);

/// The path of the module that a file below `src/` is; the executable's root counts as a module `main`.
fn module_of(file: &str) -> ModulePath {
    let inner = file.strip_prefix("src/").unwrap_or(file);
    let inner = inner.strip_suffix(".rs").unwrap_or(inner);
    let mut path: ModulePath = inner.split('/').map(str::to_owned).collect();
    if matches!(path.last().map(String::as_str), Some("mod" | "lib")) {
        path.pop();
    }
    path
}

impl Modules {
    /// Reads the files of a crate: paths such as `src/store/mod.rs`, and their text.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut all = Self::default();
        let mut only_for_tests = Vec::new();
        for (file, text) in files {
            let mut parser = Parser {
                file,
                tokens: tokens(text),
                at: 0,
                depth: 0,
                open: vec![(0, module_of(file))],
                all: &mut all,
                only_for_tests: &mut only_for_tests,
            };
            parser.module();
            parser.run();
        }
        all.0
            .retain(|path, _| !only_for_tests.iter().any(|test| path.starts_with(test)));
        all
    }
}

struct Parser<'a> {
    file: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// Of braces.
    depth: usize,
    /// The modules around this place, each with the depth of braces at which its items stand.
    open: Vec<(usize, ModulePath)>,
    all: &'a mut Modules,
    only_for_tests: &'a mut Vec<ModulePath>,
}

impl Parser<'_> {
    fn text(&self, ahead: usize) -> &str {
        self.tokens
            .get(self.at + ahead)
            .map_or("", |token| token.text.as_str())
    }

    /// Whether these tokens stand just before this place.
    fn is_after(&self, wanted: &[&str]) -> bool {
        let before = &self.tokens[..self.at];
        before.len() >= wanted.len()
            && before[before.len() - wanted.len()..]
                .iter()
                .zip(wanted)
                .all(|(token, wanted)| token.text == *wanted)
    }

    fn path(&self) -> ModulePath {
        self.open.last().expect("the file's own").1.clone()
    }

    fn module(&mut self) -> &mut Module {
        let module = self.all.0.entry(self.path()).or_default();
        self.file.clone_into(&mut module.file);
        module
    }

    fn run(&mut self) {
        while self.at < self.tokens.len() {
            match self.text(0) {
                "#" => self.attribute(),
                "{" => {
                    self.depth += 1;
                    self.at += 1;
                }
                "}" => self.close(),
                "mod" if self.text(2) == "{" => {
                    let mut inner = self.path();
                    inner.push(self.text(1).to_owned());
                    self.depth += 1;
                    self.open.push((self.depth, inner));
                    self.module();
                    self.at += 3;
                }
                "use" if self.text(1) != "<" => {
                    self.at += 1;
                    self.use_tree(&[]);
                }
                _ => self.word(),
            }
        }
    }

    fn close(&mut self) {
        if self.open.len() > 1 && self.open.last().is_some_and(|(at, _)| *at == self.depth) {
            self.open.pop();
        }
        self.depth = self.depth.saturating_sub(1);
        self.at += 1;
    }

    /// An attribute's paths count like others; what follows `#[cfg(test)]` does not.
    fn attribute(&mut self) {
        let start = if self.text(1) == "!" { 2 } else { 1 };
        if self.text(start) != "[" {
            self.at += 1;
            return;
        }
        let cfg = ["cfg", "(", "test", ")"];
        let is_test = (0..cfg.len()).all(|ahead| self.text(start + 1 + ahead) == cfg[ahead]);
        if !is_test {
            self.at += start + 1;
            return;
        }
        self.at += start + 1 + cfg.len() + 1;
        if start == 2 {
            let path = self.path();
            self.only_for_tests.push(path);
            return;
        }
        if self.text(0) == "mod" && self.text(2) == ";" {
            let mut path = self.path();
            path.push(self.text(1).to_owned());
            self.only_for_tests.push(path);
        }
        self.skip_item();
    }

    /// Passes over an item: to its semicolon, or to the end of its braces.
    fn skip_item(&mut self) {
        let mut depth = 0_usize;
        let mut ends_with_brace = true;
        while self.at < self.tokens.len() {
            match self.text(0) {
                "use" | "const" | "static" | "type" | "let" if depth == 0 => {
                    ends_with_brace = self.text(1) == "fn";
                }
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && self.text(0) == "}" && ends_with_brace {
                        self.at += 1;
                        return;
                    }
                }
                ";" if depth == 0 => {
                    self.at += 1;
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// One branch of a `use`, up to the comma, brace or semicolon behind it.
    fn use_tree(&mut self, prefix: &[String]) {
        let mut path = prefix.to_vec();
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        loop {
            match self.text(0).to_owned().as_str() {
                "{" => {
                    self.at += 1;
                    while !matches!(self.text(0), "}" | "") {
                        self.use_tree(&path);
                        if self.text(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    self.at += 1;
                    self.add_use(path, line, None);
                    return;
                }
                "::" => self.at += 1,
                "as" => {
                    let name = self.text(1).to_owned();
                    self.at += 2;
                    self.add_use(path, line, Some(name));
                    return;
                }
                "self" if !path.is_empty() => self.at += 1,
                "," | "}" | ";" | "" => {
                    let name = path.last().cloned();
                    self.add_use(path, line, name);
                    if self.text(0) == ";" {
                        self.at += 1;
                    }
                    return;
                }
                segment => {
                    path.push(segment.to_owned());
                    self.at += 1;
                }
            }
        }
    }

    fn add_use(&mut self, path: Vec<String>, line: usize, name: Option<String>) {
        if !path.is_empty() {
            let mention = Mention { path, line };
            self.module().uses.push(Use { mention, name });
        }
    }

    /// A name: the beginning of a path, or of an item of the module.
    fn word(&mut self) {
        let at_top = self.open.last().is_some_and(|(at, _)| *at == self.depth);
        let defines = [
            "fn", "struct", "enum", "union", "trait", "type", "const", "static",
        ];
        if at_top
            && defines.contains(&self.text(0))
            && self.tokens.get(self.at + 1).is_some_and(Token::is_name)
        {
            let name = self.text(1).to_owned();
            self.module().items.insert(name);
            self.at += 1;
            return;
        }
        if self.text(0) == "macro_rules" && self.text(1) == "!" {
            let name = self.text(2).to_owned();
            self.module().items.insert(name);
        }
        let starts_path = self.tokens[self.at].is_name()
            && self.text(1) == "::"
            && !self.is_after(&["::"])
            && !self.is_after(&["pub", "(", "in"])
            // A method's name, not the end of a range or of `..`.
            && (!self.is_after(&["."]) || self.is_after(&[".", "."]));
        if !starts_path {
            self.at += 1;
            return;
        }
        let mut path = vec![self.text(0).to_owned()];
        let line = self.tokens[self.at].line;
        self.at += 1;
        while self.text(0) == "::" && self.tokens.get(self.at + 1).is_some_and(Token::is_name) {
            path.push(self.text(1).to_owned());
            self.at += 2;
        }
        self.module().mentions.push(Mention { path, line });
    }
}
