//! Parses dates as blogs write them: the forms that people, Jekyll, Hugo, Hexo, Zola and feeds put after
//! `date:`.
//!
//! A date without a zone is taken as UTC, so that an import gives the same on every machine. Digits
//! alone (epoch seconds, `20200101`) are refused: they are often a mistake, and a wrong date is worse than
//! a clear error.

use jiff::{
    civil,
    fmt::rfc2822,
    tz::{Offset, TimeZone},
};

/// Parses a date in any of the known forms; UTC milliseconds.
pub(super) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    iso(text).or_else(|| mail(text)).or_else(|| words(text))
}

/// A date at the start of a file name, set off by `-` or `_`: its UTC milliseconds and what remains
/// of the name.
pub(super) fn prefix(name: &str) -> Option<(i64, &str)> {
    let mut cursor = Cursor(name);
    let (year, month, day) = cursor.date(&['-'])?;
    let rest = cursor.0;
    if !rest.is_empty() && !rest.starts_with(['-', '_']) {
        return None;
    }
    let moment = Moment {
        year,
        month,
        day,
        ..Moment::default()
    };
    Some((moment.milliseconds()?, rest.trim_start_matches(['-', '_'])))
}

/// `2024-4-09`, `2016-11-06 23:03:35`, `2020-05-06T10:00`, `2014-01-16 18:20:45 +0100`, `2020/01/05
/// …`.
fn iso(text: &str) -> Option<i64> {
    let mut cursor = Cursor(text);
    let (year, month, day) = cursor.date(&['-', '/'])?;
    let mut moment = Moment {
        year,
        month,
        day,
        ..Moment::default()
    };
    if !cursor.0.is_empty() {
        if !cursor.eat(&['T', 't', ' ']) {
            return None;
        }
        cursor.0 = cursor.0.trim_start();
        moment.time = cursor.time()?;
        moment.offset = zone(cursor.0.trim_start())?;
    }
    moment.milliseconds()
}

/// RFC 2822, as in mail and RSS; a wrong day of the week is ignored.
fn mail(text: &str) -> Option<i64> {
    static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    PARSER
        .parse_timestamp(text)
        .ok()
        .map(|at| at.as_millisecond())
}

/// `March 4, 2021`, `4 March 2021 10:30`, `Tue, 24 Mar 2020`, `Tue Mar 24 2020 10:00:00 GMT+0900
/// (KST)`.
fn words(text: &str) -> Option<i64> {
    let (mut year, mut month, mut day) = (None, None, None);
    let (mut time, mut offset) = (None, None);
    for word in text.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
        let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        if word.starts_with('(') {
            break;
        } else if is_weekday(word) {
            continue;
        } else if let Some(found) = month_of(word) {
            set(&mut month, found)?;
        } else if word.contains(':') && time.is_none() {
            let mut cursor = Cursor(word);
            set(&mut time, cursor.time()?)?;
            if !cursor.0.is_empty() {
                set(&mut offset, zone(cursor.0)?)?;
            }
        } else if word.len() == 4 && number.len() == 4 {
            set(&mut year, Cursor(word).digits(4, 4)?)?;
        } else if number.len() <= 2
            && matches!(&word[number.len()..], "" | "st" | "nd" | "rd" | "th")
        {
            set(&mut day, Cursor(number).digits(1, 2)?)?;
        } else {
            set(&mut offset, zone(word)?)?;
        }
    }
    Moment {
        year: year?,
        month: month?,
        day: day?,
        time: time.unwrap_or_default(),
        offset: offset.unwrap_or_default(),
    }
    .milliseconds()
}

/// Sets a part; `None` if it was set before.
fn set<T>(part: &mut Option<T>, value: T) -> Option<()> {
    part.replace(value).is_none().then_some(())
}

fn is_weekday(word: &str) -> bool {
    is_abbreviation(
        word,
        &[
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ],
    )
    .is_some()
}

fn month_of(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = is_abbreviation(word, &MONTHS)?;
    u32::try_from(at + 1).ok()
}

/// The index of the name that a word is, in full or abbreviated to three letters or more.
fn is_abbreviation(word: &str, names: &[&str]) -> Option<usize> {
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    names
        .iter()
        .position(|name| word.len() >= 3 && name.starts_with(&word))
}

/// An offset from UTC in seconds: nothing, `Z`, `UTC`, `GMT`, `+09:00`, `+0900`, `+9`, `GMT+0900`,
/// `+09:00[Asia/Seoul]`.
fn zone(text: &str) -> Option<i32> {
    let text = text.split(['[', '(']).next().unwrap_or_default().trim_end();
    let bare = ["UTC", "GMT", "Z", "z"]
        .iter()
        .find_map(|name| text.strip_prefix(name));
    let text = bare.unwrap_or(text);
    if text.is_empty() {
        return Some(0);
    }
    let mut cursor = Cursor(text);
    let sign = if cursor.eat(&['+']) {
        1
    } else if cursor.eat(&['-', '−']) {
        -1
    } else {
        return None;
    };
    // `+0900` is one number; `+09:00` and `+9` give the hours separately.
    let (hours, minutes) = if let Some(both) = cursor.digits(4, 4) {
        (both / 100, both % 100)
    } else {
        let hours = cursor.digits(1, 2)?;
        (
            hours,
            if cursor.eat(&[':']) {
                cursor.digits(2, 2)?
            } else {
                0
            },
        )
    };
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    (cursor.0.is_empty() && hours < 24 && minutes < 60).then_some(sign * seconds)
}

/// A time of day: hour, minute, second, nanosecond.
type Time = (u32, u32, u32, u32);

/// The parts of a date, not yet validated.
#[derive(Default)]
struct Moment {
    year: u32,
    month: u32,
    day: u32,
    time: Time,
    /// Seconds east of UTC.
    offset: i32,
}

impl Moment {
    fn milliseconds(&self) -> Option<i64> {
        let (hour, minute, second, nanosecond) = self.time;
        let part = |value: u32| i8::try_from(value).ok();
        civil::DateTime::new(
            i16::try_from(self.year).ok()?,
            part(self.month)?,
            part(self.day)?,
            part(hour)?,
            part(minute)?,
            // A leap second is written 60 and counted as the second before it.
            part(if second == 60 { 59 } else { second })?,
            i32::try_from(nanosecond).ok()?,
        )
        .ok()?
        .to_zoned(TimeZone::fixed(Offset::from_seconds(self.offset).ok()?))
        .ok()
        .map(|zoned| zoned.timestamp().as_millisecond())
    }
}

/// The rest of a text, still to be parsed.
struct Cursor<'t>(&'t str);

impl Cursor<'_> {
    fn eat(&mut self, any: &[char]) -> bool {
        self.0.strip_prefix(any).map(|rest| self.0 = rest).is_some()
    }

    /// A number of `min` to `max` ASCII digits, and no digit after it.
    fn digits(&mut self, min: usize, max: usize) -> Option<u32> {
        let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
        if count < min || count > max {
            return None;
        }
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        digits.parse().ok()
    }

    /// Year, month and day with the same sign between them.
    fn date(&mut self, signs: &[char]) -> Option<(u32, u32, u32)> {
        let year = self.digits(4, 4)?;
        let sign = *signs.iter().find(|sign| self.0.starts_with(**sign))?;
        self.eat(&[sign]);
        let month = self.digits(1, 2)?;
        self.eat(&[sign]).then_some(())?;
        Some((year, month, self.digits(1, 2)?))
    }

    /// `10:00`, `23:03:35`, `18:50:17.000`.
    fn time(&mut self) -> Option<Time> {
        let hour = self.digits(1, 2)?;
        self.eat(&[':']).then_some(())?;
        let minute = self.digits(2, 2)?;
        let (mut second, mut nanosecond) = (0, 0);
        if self.eat(&[':']) {
            second = self.digits(2, 2)?;
            if self.eat(&['.', ',']) {
                let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
                let (fraction, rest) = self.0.split_at(count);
                self.0 = rest;
                nanosecond = format!("{fraction:0<9.9}")
                    .parse()
                    .ok()
                    .filter(|_| count > 0)?;
            }
        }
        Some((hour, minute, second, nanosecond))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<i64> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .map(|at| at.as_millisecond())
    }

    #[test]
    fn shapes_of_real_blogs() {
        for (text, expected) in [
            ("2024-4-09", "2024-04-09T00:00:00Z"),
            ("2016-11-06 23:03:35", "2016-11-06T23:03:35Z"),
            ("2012-09-11T18:50:17.000Z", "2012-09-11T18:50:17Z"),
            ("2018-10-10T21:26:27.698Z", "2018-10-10T21:26:27.698Z"),
            ("2020-05-06T10:00", "2020-05-06T10:00:00Z"),
            ("2026-03-08T11:36:48+09:00", "2026-03-08T02:36:48Z"),
            ("2014-01-16 18:20:45 +0100", "2014-01-16T17:20:45Z"),
            ("2014-01-16 18:20 -05:30", "2014-01-16T23:50:00Z"),
            ("2016-07-26T01:00:41+0200", "2016-07-25T23:00:41Z"),
            ("2020/1/5 9:07", "2020-01-05T09:07:00Z"),
            ("2020-01-05 10:00:00 UTC", "2020-01-05T10:00:00Z"),
            (
                "2020-01-05T10:00:00.123456789123+09[Asia/Seoul]",
                "2020-01-05T01:00:00.123Z",
            ),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("  2020-02-29  ", "2020-02-29T00:00:00Z"),
            ("1969-07-20T20:17:40Z", "1969-07-20T20:17:40Z"),
            ("Tue, 24 Mar 2020 10:20:30 +0900", "2020-03-24T01:20:30Z"),
            ("Mon, 24 Mar 2020 10:20:30 GMT", "2020-03-24T10:20:30Z"),
            ("Tue, 24 Mar 2020 10:20:30 EST", "2020-03-24T15:20:30Z"),
            ("Tue, 24 Mar 2020", "2020-03-24T00:00:00Z"),
            ("March 4, 2021", "2021-03-04T00:00:00Z"),
            ("Sept. 4th 2021", "2021-09-04T00:00:00Z"),
            ("4 march 2021 10:30", "2021-03-04T10:30:00Z"),
            (
                "Tue Mar 24 2020 10:00:00 GMT+0900 (KST)",
                "2020-03-24T01:00:00Z",
            ),
        ] {
            assert_eq!(parse(text), utc(expected), "{text}");
            assert!(parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "soon",
            "2020",
            "1583020800",
            "20200101",
            "2020-13-01",
            "2021-02-29",
            "2020-01-01T25:00",
            "07:32:00",
            "2020-01-01 10",
            "2020-01-01T",
            "2020-01-01T10:00:00.",
            "2020-01-01 10:00 Mars",
            "2020-01/01",
            "20-01-01",
            "2020-01-01T10:00+24:00",
            "March 2021",
            "March 4",
            "4 4 March 2021",
            "٢٠٢٠-01-01",
            "9999-12-31T23:59:59-12:00",
            "2020-01-01x",
            "March 4, 2021 é",
            "mar é 4",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn file_names_begin_with_dates() {
        let rest = |name| prefix(name).map(|(_, rest)| rest);
        assert_eq!(
            prefix("2016-10-08_a-post"),
            utc("2016-10-08T00:00:00Z").map(|at| (at, "a-post"))
        );
        assert_eq!(rest("2016-1-8-a"), Some("a"));
        assert_eq!(rest("2016-10-08--a"), Some("a"));
        assert_eq!(rest("2016-10-08"), Some(""));
        for name in [
            "2016-10-081",
            "2016-99-08-a",
            "2016-10-08a",
            "pi-day-2022-03-14",
            "16-1-8-a",
            "2016-1-",
        ] {
            assert_eq!(prefix(name), None, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}|[0-9TZ:+ /.-]{0,30}|(Mar|Tue|[0-9é:+]{1,4}|[ ,]){0,12}") {
            parse(&text);
            prefix(&text);
        }
    }
}
