//! The slug: the readable name of a post in its address, and the rules that keep it apart from an
//! id.
//!
//! One place decides what a slug may be, because three ask: the importer that makes slugs from
//! files, the API that takes them from clients, and the router that must know `/posts/2018` (an id)
//! from `/posts/post-2018` (a slug). Letters of any script stay as they are; nothing is
//! transliterated, so a Korean title gives a Korean slug.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfc};

/// The longest a slug may be, in characters.
pub const MAX_SLUG_CHARS: usize = 200;

/// What a slug is called when nothing usable is left of the text it is made from.
const FALLBACK: &str = "post";

/// Put before a slug of digits only, which would read as an id.
const NOT_AN_ID: &str = "post-";

/// Makes a valid slug of any text; `post` when the text holds nothing a slug may hold.
#[must_use]
pub fn slugify(text: &str) -> String {
    slug_of(text).unwrap_or_else(|| FALLBACK.to_owned())
}

/// Makes a valid slug of a text, or `None` when the text holds nothing a slug may hold.
///
/// The text is brought to NFC and lower case. A run of other characters becomes one `-`, and takes
/// the hyphens beside it along: `Foo - Bar` is `foo-bar`. Hyphens that stand by themselves stay as
/// they were written.
#[must_use]
pub fn slug_of(text: &str) -> Option<String> {
    // Lowering can leave a letter decomposed, so NFC comes after it as well.
    let lowered: String = text.nfc().collect::<String>().to_lowercase();
    let mut slug = String::new();
    let mut hyphens = 0;
    let mut foreign = false;
    for c in lowered.nfc() {
        if c == '-' {
            hyphens += 1;
        } else if is_slug_char(c) {
            if !slug.is_empty() {
                let joints = if foreign { 1 } else { hyphens };
                slug.extend(std::iter::repeat_n('-', joints));
            }
            slug.push(c);
            (hyphens, foreign) = (0, false);
        } else {
            foreign = true;
        }
    }
    if slug.is_empty() {
        return None;
    }
    cut(&mut slug);
    if is_number(&slug) {
        slug.insert_str(0, NOT_AN_ID);
        cut(&mut slug);
    }
    Some(slug)
}

/// Cuts a slug to its maximum length, and hyphens that are then at its end.
fn cut(slug: &mut String) {
    if let Some((end, _)) = slug.char_indices().nth(MAX_SLUG_CHARS) {
        slug.truncate(end);
        slug.truncate(slug.trim_end_matches('-').len());
    }
}

/// Whether a text may be a slug as it is: 1 to 200 letters, digits, combining marks, `-` and `_`,
/// in NFC, not all digits.
///
/// ```text
/// hello-world, 안녕, a_b      may
/// 2018, a b, a/b, ""          may not
/// ```
#[must_use]
pub fn is_valid_slug(text: &str) -> bool {
    !text.is_empty()
        && text.chars().nth(MAX_SLUG_CHARS).is_none()
        && text.chars().all(is_slug_char)
        && !is_number(text)
        && is_nfc(text)
}

/// Whether a slug may hold it.
fn is_slug_char(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '-' | '_')
}

fn is_number(text: &str) -> bool {
    text.chars().all(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_becomes_a_slug() {
        for (text, slug) in [
            ("Hello, World!", "hello-world"),
            ("  --Foo - Bar--  ", "foo-bar"),
            ("a--b", "a--b"),
            ("something-&-else", "something-else"),
            ("snake_case stays", "snake_case-stays"),
            ("DB와 JSON", "db와-json"),
            ("C++ & C#", "c-c"),
            ("日本語のタイトル", "日本語のタイトル"),
            ("a%20b#c", "a-20b-c"),
            ("../../etc/passwd", "etc-passwd"),
            ("2018", "post-2018"),
            ("٣٤", "post-٣٤"),
            ("2016-10-08", "2016-10-08"),
            ("ÀÉ", "àé"),
            ("हिन्दी", "हिन्दी"),
            ("null\0byte", "null-byte"),
        ] {
            assert_eq!(slugify(text), slug, "{text:?}");
            assert!(is_valid_slug(slug), "{slug:?}");
        }
    }

    #[test]
    fn decomposed_text_is_composed() {
        let decomposed = "\u{1112}\u{1161}\u{11ab}e\u{301}";
        assert_eq!(slugify(decomposed), "한é");
        assert!(!is_valid_slug(decomposed));
    }

    #[test]
    fn nothing_usable_gives_none_or_the_fallback() {
        for text in ["", " ", "---", "!!!", "/", "🎉"] {
            assert_eq!(slug_of(text), None, "{text:?}");
            assert_eq!(slugify(text), "post");
        }
    }

    #[test]
    fn long_text_is_cut_on_a_character() {
        assert_eq!(slugify(&"가".repeat(300)).chars().count(), 200);
        assert_eq!(
            slugify(&"9".repeat(300)),
            format!("post-{}", "9".repeat(195))
        );
        assert_eq!(slugify(&format!("{} b", "a".repeat(199))), "a".repeat(199));
        // What is left after the cut could be an id.
        let digits = slugify(&format!("{}a", "7".repeat(200)));
        assert!(digits.starts_with("post-77") && digits.len() == 200);
    }

    #[test]
    fn what_may_not_be_a_slug() {
        let long = "a".repeat(201);
        for text in ["", "12", "a b", "a/b", ".", "a.b", "é!", "a\0", &long] {
            assert!(!is_valid_slug(text), "{text:?}");
        }
        for text in ["a", "-", "A", "1a", "a_b", &long[1..]] {
            assert!(is_valid_slug(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_valid_slug_that_stays_itself(text in "\\PC{0,40}|.{0,300}|[0-9 -]{0,20}|[\\p{L}\\p{M}İΣß -]{0,40}") {
            let slug = slugify(&text);
            prop_assert!(is_valid_slug(&slug), "{slug:?}");
            prop_assert_eq!(slugify(&slug), slug);
        }
    }
}
