//! What FTS5 is asked for (sqlite.org/fts5.html, section 3).

use std::ops::Range;

use crate::store::sql::search_terms::{TermPattern, block_term};

/// The expression that finds the posts with what is asked for.
pub fn with(asked: &TermPattern) -> String {
    // No term needs quoting: see `token_char` there.
    match asked {
        TermPattern::Whole(term) => format!("\"{term}\""),
        TermPattern::Prefix(beginning) => format!("\"{beginning}\" *"),
    }
}

/// The expression that finds the posts with all of these.
pub fn with_all(expressions: &[impl AsRef<str>]) -> String {
    Vec::from_iter(expressions.iter().map(AsRef::as_ref)).join(" AND ")
}

/// As [`with_all`], for the posts of some blocks.
pub fn with_all_in(blocks: Range<i64>, expressions: &[impl AsRef<str>]) -> String {
    let blocks = Vec::from_iter(blocks.map(|block| format!("\"{}\"", block_term(block))));
    format!("({}) AND {}", blocks.join(" OR "), with_all(expressions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_may_be_for_some_blocks() {
        let asked = [
            with(&TermPattern::Prefix("ab".to_owned())),
            with(&TermPattern::Whole("bcd".to_owned())),
        ];
        assert_eq!(with_all(&asked), "\"ab\" * AND \"bcd\"");
        assert_eq!(
            with_all_in(3..5, &asked),
            "(\"\u{F8FF}\u{F8FF}\u{F8FF}3\" OR \"\u{F8FF}\u{F8FF}\u{F8FF}4\") AND \"ab\" * AND \"bcd\""
        );
    }
}
