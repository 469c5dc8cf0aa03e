//! The terms by which the full-text index finds posts: the three characters from each character of each word on, fewer at
//! the end of a word. So a part of a word with three characters is a term itself, a longer one has several, and a shorter one is the
//! beginning of a term, whatever the script: in Chinese, Japanese and Korean a word is often two characters.

use std::collections::HashSet;
use std::ops::Range;

use crate::model::{PostId, SearchWords, fold};

/// Characters of a term.
const LENGTH: usize = 3;

/// Terms that an expression asks for, at most. A long word is found by some of its terms alone: whether it is really there,
/// the post's own text decides.
const MAX_ASKED: usize = 32;

/// Ids of a block. Each post has the term of its block, too: a search for terms that no post has together is over at the end
/// of a block only if there is a term that ends there.
const BLOCK: i64 = 1 << 13;

/// The block of a post.
fn block_of(post: PostId) -> i64 {
    post.div_euclid(BLOCK)
}

/// The first id of a block.
pub fn first_of(block: i64) -> PostId {
    block.saturating_mul(BLOCK)
}

/// So many blocks, of which the last is that of `post`; fewer at the beginning.
pub fn blocks_to(post: PostId, count: i64) -> Range<i64> {
    let end = block_of(post) + 1;
    (end - count).max(0)..end
}

/// The terms of a post, separated by spaces, in no particular order.
pub fn terms_of(post: PostId, title: &str, summary: &str) -> String {
    let terms = distinct_terms(post, title, summary);
    Vec::from_iter(terms).join(" ")
}

/// The terms of a post, each once.
pub fn distinct_terms(post: PostId, title: &str, summary: &str) -> HashSet<String> {
    let mut terms = HashSet::from([block_term(block_of(post))]);
    for text in [title, summary] {
        for word in fold(text).split_whitespace() {
            let word: Vec<char> = word.chars().map(token_char).collect();
            for start in 0..word.len() {
                terms.insert(word[start..word.len().min(start + LENGTH)].iter().collect());
            }
        }
    }
    terms
}

/// The term of a block. It is longer than those of texts.
pub fn block_term(block: i64) -> String {
    format!("\u{F8FF}\u{F8FF}\u{F8FF}{block}")
}

/// What is wrong in an index of terms, by ids.
pub struct WrongTerms {
    /// Posts that it finds by other terms than those of their title and summary.
    pub outdated: Vec<PostId>,
    /// Posts that it finds and that are not there.
    pub missing: Vec<PostId>,
}

/// What a search asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TermPattern {
    /// A term.
    Whole(String),
    /// Any term that begins so.
    Prefix(String),
}

/// What a post with these words has, each once.
pub fn asked(words: &SearchWords) -> Vec<TermPattern> {
    let mut asked = Vec::new();
    for word in words.iter() {
        let word: Vec<char> = word.chars().map(token_char).collect();
        if word.len() < LENGTH {
            asked.push(TermPattern::Prefix(String::from_iter(word)));
        } else {
            let terms = word.windows(LENGTH);
            asked.extend(terms.map(|term| TermPattern::Whole(String::from_iter(term))));
        }
    }
    asked.sort_unstable();
    asked.dedup();
    let step = asked.len().div_ceil(MAX_ASKED).max(1);
    asked.into_iter().step_by(step).collect()
}

/// The same character, or where the tokenizer takes it for a separator, one of the private use area: it would split a term
/// at punctuation. Nothing in an expression needs quoting then, either.
fn token_char(c: char) -> char {
    /// The first character of the private use area.
    const PRIVATE: u32 = 0xE000;
    match c {
        '0'..='9' | 'a'..='z' | '\u{80}'.. => c,
        _ => char::from_u32(PRIVATE + u32::from(c)).unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_for(words: &str) -> Vec<TermPattern> {
        asked(&SearchWords::parse(words).expect("words"))
    }

    #[test]
    fn a_term_begins_at_each_character_of_a_word() {
        let terms = distinct_terms(5 * BLOCK - 1, "Rust 조회", "us");
        let mut terms: Vec<String> = terms.into_iter().collect();
        terms.sort_unstable();
        let block = "\u{F8FF}\u{F8FF}\u{F8FF}4";
        assert_eq!(
            terms,
            ["rus", "s", "st", "t", "us", "ust", "조회", "회", block]
        );
    }

    #[test]
    fn no_block_comes_before_that_of_the_first_post() {
        assert_eq!(blocks_to(1, 4), 0..1);
        assert_eq!(blocks_to(4 * BLOCK, 4), 1..5);
    }

    #[test]
    fn a_short_part_is_the_beginning_of_a_term() {
        let beginning = |of: &str| TermPattern::Prefix(of.to_owned());
        let term = |term: &str| TermPattern::Whole(term.to_owned());
        assert_eq!(asked_for("조"), [beginning("조")]);
        let expected = [term("bcd"), term("cde"), beginning("ab")];
        assert_eq!(asked_for("ab bcde"), expected);
        assert_eq!(asked_for("777777"), [term("777")]);
        assert_eq!(asked_for("\"'"), [beginning("\u{e022}\u{e027}")]);
    }

    #[test]
    fn a_long_word_is_asked_for_by_some_of_its_terms() {
        let word: String = (0..300).map(|n| char::from(b'a' + n as u8 % 26)).collect();
        assert!((2..=MAX_ASKED).contains(&asked_for(&word).len()));
    }
}
