//! What a search looks for, and which texts hold it.

use unicode_normalization::UnicodeNormalization;

/// The words of a search, each in the form of [`fold`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchWords(Vec<String>);

impl SearchWords {
    /// The words of a text, separated by white space; `None` if there is none.
    pub fn parse(text: &str) -> Option<SearchWords> {
        let folded = fold(text);
        let mut words: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
        words.sort_unstable();
        words.dedup();
        (!words.is_empty()).then_some(SearchWords(words))
    }

    /// Each word once.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether each word is in the title or in the summary, or is a part of a word there.
    pub fn are_in(&self, title: &str, summary: &str) -> bool {
        let (title, summary) = (fold(title), fold(summary));
        self.iter()
            .all(|word| title.contains(word) || summary.contains(word))
    }
}

/// A text in the form in which texts are compared: without differences of case, and of characters that Unicode holds to
/// be compatible (normalisation form KC, Unicode Standard Annex 15), such as full and half width.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc()
        .flat_map(char::to_lowercase)
        // The form of the letter depends on what follows it, which a part of a word does not know.
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(words: &str, title: &str, summary: &str) -> bool {
        SearchWords::parse(words).is_some_and(|words| words.are_in(title, summary))
    }

    #[test]
    fn each_word_must_be_somewhere() {
        assert!(finds("rust view", "Counting views", "in Rust"));
        assert!(finds("ust ews", "Counting views", "in Rust"));
        assert!(!finds("rust sql", "Counting views", "in Rust"));
        assert!(
            !finds("viewsin", "Counting views", "in Rust"),
            "no word goes on in the summary"
        );
        assert!(finds("조회", "글의 조회수를 세다", ""));
    }

    #[test]
    fn case_and_width_do_not_matter() {
        assert!(finds("ÜBER", "über alles", ""));
        assert!(finds("ΟΔΟΣ", "οδος", "") && finds("οδοσ", "ΟΔΟΣ", ""));
        assert!(finds("rust", "Ｒｕｓｔ", "") && finds("ｶﾞ", "ガ", ""));
    }

    #[test]
    fn white_space_is_no_word() {
        assert_eq!(SearchWords::parse(" \u{3000}\t"), None);
        assert_eq!(
            SearchWords::parse("b a\u{2003}B"),
            SearchWords::parse("a b")
        );
    }
}
