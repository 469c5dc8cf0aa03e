//! The names that authors give languages, and the grammars for them.

use std::sync::LazyLock;

use syntect::parsing::{SyntaxReference, SyntaxSet};

/// Loaded by the first code that is coloured: 20 ms and some memory that a site without code never spends.
static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// All grammars.
pub fn grammars() -> &'static SyntaxSet {
    &GRAMMARS
}

/// The grammar for what an author called a language; `None` where there is none, or nothing to colour.
pub fn grammar(name: &str) -> Option<&'static SyntaxReference> {
    let name = name.to_ascii_lowercase();
    let token = match name.as_str() {
        "" | "text" | "txt" | "plain" | "plaintext" | "none" | "output" | "log" => return None,
        "typescript" | "ts" | "tsx" | "jsx" | "mjs" | "cjs" | "node" | "es6" => "js",
        "shell" | "console" | "shell-session" | "zsh" | "terminal" => "sh",
        "golang" => "go",
        "c++" | "cc" | "hpp" => "cpp",
        "c#" | "csharp" => "cs",
        "py3" | "python3" => "py",
        "jsonc" | "json5" => "json",
        "yml" => "yaml",
        "svg" | "vue" | "svelte" => "html",
        "kotlin" | "kt" => "java",
        dialect if dialect.contains("sql") => "sql",
        other => other,
    };
    grammars().find_syntax_by_token(token)
}
