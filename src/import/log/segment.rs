//! One segment of a path pattern: text and placeholders between two slashes.

use super::pattern_error::PatternError;
use crate::model::address;

/// A segment of a pattern: parts of known length, then at most one name, then text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentPattern {
    start: Vec<Part>,
    name: Option<Name>,
    /// The text after the name; empty without one.
    end: String,
}

/// A part of a segment whose end needs no search.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Year,
    /// A number of one or two digits from 1 to this.
    Number(u8),
}

/// A part of any text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Slug,
    Any,
}

impl SegmentPattern {
    /// `{slug}`.
    pub(super) fn slug() -> SegmentPattern {
        SegmentPattern {
            start: Vec::new(),
            name: Some(Name::Slug),
            end: String::new(),
        }
    }

    /// Whether it names the post.
    pub(super) fn has_slug(&self) -> bool {
        self.name == Some(Name::Slug)
    }

    /// Parses the text between two slashes.
    pub(super) fn parse(text: &str) -> Result<SegmentPattern, PatternError> {
        let mut segment = SegmentPattern {
            start: Vec::new(),
            name: None,
            end: String::new(),
        };
        let mut rest = text;
        while !rest.is_empty() {
            let text_end = rest.find('{').unwrap_or(rest.len());
            let (text, after) = rest.split_at(text_end);
            if text.contains('}') {
                return Err(PatternError::Placeholder);
            }
            match segment.name {
                Some(_) => segment.end.push_str(text),
                None if text.is_empty() => {}
                None => segment.start.push(Part::Text(text.to_owned())),
            }
            if after.is_empty() {
                break;
            }
            let (placeholder, after) = after.split_once('}').ok_or(PatternError::Placeholder)?;
            segment.add(&placeholder[1..])?;
            rest = after;
        }
        Ok(segment)
    }

    /// Adds what a placeholder's name means.
    fn add(&mut self, placeholder: &str) -> Result<(), PatternError> {
        let part = match placeholder {
            "*slug" | "*_" => return Err(PatternError::NotOneOpen),
            "slug" | "_" | "year" | "month" | "day" if self.name.is_some() => {
                return Err(PatternError::AfterName);
            }
            "slug" | "_" => {
                self.name = Some(match placeholder {
                    "slug" => Name::Slug,
                    _ => Name::Any,
                });
                return Ok(());
            }
            "year" => Part::Year,
            "month" => Part::Number(12),
            "day" => Part::Number(31),
            _ => return Err(PatternError::Placeholder),
        };
        self.start.push(part);
        Ok(())
    }

    /// Matches a segment of a path: `None` if it does not, and otherwise the text that names the post, if there is one.
    pub(super) fn matches<'s>(&self, segment: &'s str) -> Option<Option<&'s str>> {
        let mut rest = segment;
        for part in &self.start {
            rest = match part {
                Part::Text(text) => rest.strip_prefix(text.as_str())?,
                Part::Year => {
                    let (year, rest) = rest.split_at_checked(4)?;
                    address::is_year(year).then_some(rest)?
                }
                Part::Number(most) => {
                    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
                    let (number, rest) = rest.split_at(digits);
                    let number: u8 = number.parse().ok()?;
                    (1..=*most).contains(&number).then_some(rest)?
                }
            };
        }
        match self.name {
            None => rest.is_empty().then_some(None),
            Some(name) => {
                let found = rest.strip_suffix(self.end.as_str())?;
                (!found.is_empty()).then_some((name == Name::Slug).then_some(found))
            }
        }
    }
}
