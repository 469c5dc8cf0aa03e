//! Parses the times of access log lines. That of the common format is written by hand: it is fixed, and parsing it is
//! most of the work on a line.

const DAY: i64 = 86_400;

/// Parses `17/May/2015:10:05:03 +0000]`: UTC milliseconds, and the rest.
pub(super) fn bracketed_time(from: &[u8]) -> Option<(i64, &[u8])> {
    let (text, rest) = from.split_first_chunk::<27>()?;
    let [d1, d2, b'/', m1, m2, m3, b'/', y @ .., b']'] = text else {
        return None;
    };
    let [
        y1,
        y2,
        y3,
        y4,
        b':',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
        b' ',
        sign,
        o1,
        o2,
        o3,
        o4,
    ] = y
    else {
        return None;
    };
    let month = match &[*m1, *m2, *m3] {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    };
    let two = |tens: &u8, ones: &u8| number(&[*tens, *ones]).map(|value| value as i64);
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (day, hour, minute, second) = (two(d1, d2)?, two(h1, h2)?, two(i1, i2)?, two(s1, s2)?);
    let offset = two(o1, o2)? * 3600 + two(o3, o4)? * 60;
    let offset = match sign {
        b'+' => offset,
        b'-' => -offset,
        _ => return None,
    };
    if !is_valid(year, month, day, hour, minute, second) {
        return None;
    }
    let local = days_since_1970(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    Some(((local - offset) * 1000, rest))
}

/// Parses all of `17/May/2015:10:05:03 +0000`: UTC milliseconds.
pub(super) fn clf_time(text: &[u8]) -> Option<i64> {
    let closed = [text.get(..26)?, b"]"].concat();
    let (time, _) = bracketed_time(&closed)?;
    (text.len() == 26).then_some(time)
}

/// Parses a date and a time as ISO 8601 and RFC 3339 have them, and nearly so: `2024-05-01T14:00:00.25+02:00`,
/// `2024/05/01 12:00:00`. Without an offset it is UTC.
pub(super) fn iso_time(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let dashes = text.replacen('/', "-", 2);
    let local: jiff::civil::DateTime = dashes.parse().ok()?;
    let utc = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(utc.timestamp().as_millisecond())
}

/// The latest time of a log, in seconds: the end of the year 9999.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// A time since the Unix epoch in seconds, or in milli-, micro- or nanoseconds where seconds would be after the year
/// 9999; in UTC milliseconds.
pub(super) fn epoch_time(number: f64) -> Option<i64> {
    let units = [1e3, 1.0, 1e-3, 1e-6];
    let unit = units
        .iter()
        .find(|unit| (0.0..=LAST_SECOND).contains(&(number * *unit / 1e3)))?;
    Some((number * unit).round() as i64)
}

/// Parses the date and the time of a W3C log: UTC milliseconds.
pub(super) fn w3c_time(date: &[u8], time: &[u8]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else {
        return None;
    };
    let (whole, fraction) = time.split_at_checked(8)?;
    let [h1, h2, b':', i1, i2, b':', s1, s2] = whole else {
        return None;
    };
    let milliseconds = match fraction {
        [] => 0,
        [b'.', digits @ ..] => {
            let digits = digits.get(..3).unwrap_or(digits);
            number(digits)? as i64 * [0, 100, 10, 1][digits.len()]
        }
        _ => return None,
    };
    let number = |digits: &[u8]| number(digits).map(|value| value as i64);
    let (year, month, day) = (
        number(&[*y1, *y2, *y3, *y4])?,
        number(&[*m1, *m2])?,
        number(&[*d1, *d2])?,
    );
    let (hour, minute, second) = (
        number(&[*h1, *h2])?,
        number(&[*i1, *i2])?,
        number(&[*s1, *s2])?,
    );
    if !(1..=12).contains(&month) || !is_valid(year, month, day, hour, minute, second) {
        return None;
    }
    let days = days_since_1970(year, month, day);
    Some((days * DAY + hour * 3600 + minute * 60 + second) * 1000 + milliseconds)
}

/// Whether a day is in its month, and a time in its day. 60 is a leap second, as POSIX time counts it: the first second
/// after.
fn is_valid(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> bool {
    day > 0 && day <= days_in(year, month) && hour <= 23 && minute <= 59 && second <= 60
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days in the Gregorian calendar, with years taken to begin in March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 719_469
}

/// A number of decimal digits only; `None` for anything else or one that does not fit.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Option<i64> {
        bracketed_time(text.as_bytes()).map(|(time, _)| time)
    }

    #[test]
    fn reads_times_in_any_offset() {
        assert_eq!(
            time("17/May/2015:10:05:03 +0000] \""),
            Some(1_431_857_103_000)
        );
        assert_eq!(time("17/May/2015:19:05:03 +0900]"), Some(1_431_857_103_000));
        assert_eq!(time("01/Jan/2000:00:00:00 -0130]"), Some(946_690_200_000));
        assert_eq!(time("31/Dec/2016:23:59:60 +0000]"), Some(1_483_228_800_000));
    }

    #[test]
    fn refuses_malformed_times() {
        for text in [
            "",
            "17/May/2015:10:05:03 +0000",
            "29/Feb/2015:10:05:03 +0000]",
            "00/May/2015:10:05:03 +0000]",
            "17/may/2015:10:05:03 +0000]",
            "17/May/2015:24:05:03 +0000]",
            "17/May/2015:10:05:03 00000]",
            "17/May/2015:10:0x:03 +0000]",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn reads_times_as_json_logs_have_them() {
        let at = 1_714_564_800_000;
        assert_eq!(clf_time(b"01/May/2024:14:00:00 +0200"), Some(at));
        assert_eq!(clf_time(b"01/May/2024:14:00:00 +0200]"), None);
        assert_eq!(clf_time(b"01/May/2024"), None);
        for text in [
            "2024-05-01T12:00:00Z",
            "2024-05-01T14:00:00+02:00",
            "2024-05-01T14:00:00.000+0200",
            "2024-05-01T12:00:00",
            "2024/05/01 12:00:00.000",
        ] {
            assert_eq!(iso_time(text), Some(at), "{text}");
        }
        for text in [
            "",
            "2024",
            "2024-05-01T25:00:00Z",
            "noon",
            "2024-02-30T12:00:00Z",
        ] {
            assert_eq!(iso_time(text), None, "{text}");
        }
        for number in [
            1_714_564_800.0,
            1.714_564_8e12,
            1.714_564_8e15,
            1.714_564_8e18,
        ] {
            assert_eq!(epoch_time(number), Some(at), "{number}");
        }
        assert_eq!(epoch_time(1_714_564_800.250_4), Some(at + 250));
        for number in [f64::NAN, f64::INFINITY, -1.0, 1e30] {
            assert_eq!(epoch_time(number), None, "{number}");
        }
    }

    #[test]
    fn reads_times_as_w3c_logs_have_them() {
        let at = |date: &str, time: &str| w3c_time(date.as_bytes(), time.as_bytes());
        assert_eq!(at("2024-05-01", "12:00:00"), Some(1_714_564_800_000));
        assert_eq!(at("2024-05-01", "12:00:00.5"), Some(1_714_564_800_500));
        assert_eq!(at("2024-05-01", "12:00:00.123456"), Some(1_714_564_800_123));
        for (date, time) in [
            ("", "12:00:00"),
            ("2024-13-01", "12:00:00"),
            ("2024-00-01", "12:00:00"),
            ("2024-02-30", "12:00:00"),
            ("2024-05-01", "24:00:00"),
            ("2024-05-01", "12:00"),
            ("2024-05-01", "12:00:00."),
            ("2024-05-01", "12:00:00x"),
            ("24-05-01", "12:00:00"),
        ] {
            assert_eq!(at(date, time), None, "{date} {time}");
        }
    }

    #[test]
    fn the_calendar_is_gregorian() {
        for (year, month, day, days) in [
            (1970, 1, 1, 0),
            (1969, 12, 31, -1),
            (2000, 2, 29, 11_016),
            (2100, 3, 1, 47_541),
        ] {
            assert_eq!(
                days_since_1970(year, month, day),
                days,
                "{year}-{month}-{day}"
            );
        }
    }
}
