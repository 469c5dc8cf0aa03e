//! Parses the time of an access log line. Written by hand: the format is fixed, and parsing it is most of the work on a
//! line.

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
    // 60 is a leap second, as POSIX time counts it: the first second after.
    if day == 0 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let local = days_since_1970(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    Some(((local - offset) * 1000, rest))
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
