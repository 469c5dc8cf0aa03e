//! Code in colours: each piece of a line by what the grammar says it is, as one of a few classes that the style sheet
//! knows. No colour stands in the page itself.

use syntect::parsing::{ParseState, Scope, ScopeStack};

use super::language::{grammar, grammars};
use crate::pages::text::escape;

/// The longest line that is coloured, in bytes: grammars are not made for minified files.
const MAX_LINE: usize = 1_000;

/// How much more code of a post is coloured, in bytes: about 100 ms of it at most. The rest is shown plain.
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Budget {
        Budget(64 << 10)
    }
}

/// What a scope's name begins with, and its class; the first that fits holds.
const CLASSES: &[(&str, &str)] = &[
    ("comment", "c"),
    ("string", "s"),
    ("constant.character.escape", "e"),
    ("constant.numeric", "n"),
    ("constant", "n"),
    ("storage.type.function", "k"),
    ("storage", "k"),
    ("keyword.operator", "o"),
    ("keyword", "k"),
    ("entity.name.function", "f"),
    ("support.function", "f"),
    ("variable.function", "f"),
    ("entity.name.tag", "t"),
    ("entity.name", "t"),
    ("entity.other.attribute-name", "a"),
    ("support.type", "t"),
    ("support.class", "t"),
    ("variable.parameter", "a"),
    ("variable.language", "k"),
    ("meta.diff.header", "t"),
    ("markup.deleted", "d"),
    ("markup.inserted", "i"),
    ("markup.heading", "t"),
    ("markup.bold", "k"),
];

/// The HTML of a block of code.
pub fn html(language: &str, code: &str, budget: &mut Budget) -> String {
    if code.len() > budget.0 || code.lines().any(|line| line.len() > MAX_LINE) {
        return escape(code).into_owned();
    }
    let coloured = grammar(language).and_then(|grammar| colour(ParseState::new(grammar), code));
    match coloured {
        Some(html) => {
            budget.0 -= code.len();
            html
        }
        None => escape(code).into_owned(),
    }
}

/// `None` where the grammar fails on the code.
fn colour(mut state: ParseState, code: &str) -> Option<String> {
    let mut html = String::with_capacity(code.len() * 2);
    let mut stack = ScopeStack::new();
    for line in code.split_inclusive('\n') {
        let operations = state.parse_line(line, grammars()).ok()?;
        let mut at = 0;
        for (place, operation) in operations {
            push(&mut html, line.get(at..place)?, class(&stack));
            stack.apply(&operation).ok()?;
            at = place;
        }
        push(&mut html, line.get(at..)?, class(&stack));
    }
    Some(html)
}

/// The class of the innermost scope that has one. Within comments and strings all is one colour but for escapes.
fn class(stack: &ScopeStack) -> Option<&'static str> {
    let class_of = |scope: &Scope| {
        let name = scope.build_string();
        if name.starts_with("punctuation.definition") || name.starts_with("punctuation.separator") {
            return None;
        }
        CLASSES
            .iter()
            .find(|(start, _)| name.starts_with(start))
            .map(|(_, class)| *class)
    };
    stack.scopes.iter().rev().find_map(class_of)
}

/// Appends text of a class, as one piece with the text before it where that has the same.
fn push(html: &mut String, text: &str, class: Option<&str>) {
    const END: &str = "</span>";
    if text.is_empty() {
        return;
    }
    let Some(class) = class.filter(|_| !text.trim().is_empty()) else {
        html.push_str(&escape(text));
        return;
    };
    let start = format!("<span class=\"c-{class}\">");
    // Pieces of a comment: its sign, its text.
    if html.ends_with(END)
        && html
            .rfind("<span")
            .is_some_and(|at| html[at..].starts_with(&start))
    {
        html.truncate(html.len() - END.len());
    } else {
        html.push_str(&start);
    }
    html.push_str(&escape(text));
    html.push_str(END);
}
