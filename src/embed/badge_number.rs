//! A number of views as a badge writes it.

/// How many digits stand together.
const GROUP: usize = 3;

/// `1,234,567` with `,` between the groups.
pub(super) fn grouped(views: u64, separator: &str) -> String {
    let digits = views.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(GROUP) {
            text.push_str(separator);
        }
        text.push(digit);
    }
    text
}

/// `1.2k`, `34.5k`, `678k`, `3.4M`: cut, not rounded, so that a badge never claims a view too many.
pub(super) fn abbreviated(views: u64) -> String {
    let mut unit = 1_u64;
    let mut sign = "";
    for next in ["k", "M", "G", "T", "P", "E"] {
        if views / unit < 1000 {
            break;
        }
        unit *= 1000;
        sign = next;
    }
    let (whole, tenth) = (views / unit, views % unit * 10 / unit);
    if tenth == 0 || whole >= 100 {
        format!("{whole}{sign}")
    } else {
        format!("{whole}.{tenth}{sign}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviates_by_cutting() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1000, "1k"),
            (1299, "1.2k"),
            (99_999, "99.9k"),
            (100_999, "100k"),
            (999_999, "999k"),
            (3_400_000, "3.4M"),
            (u64::MAX, "18.4E"),
        ];
        for (views, expected) in cases {
            assert_eq!(abbreviated(views), expected, "{views}");
        }
    }

    #[test]
    fn groups_from_the_right() {
        for (views, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (12_345, "12,345"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(views, ","), expected);
        }
        assert_eq!(grouped(12_345, ""), "12345");
    }
}
