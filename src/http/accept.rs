//! Whether a client prefers a page to JSON (RFC 9110 §12.5.1).

/// Whether a client that sends these `Accept` fields prefers `text/html` to `application/json`. Where it likes both
/// alike, as without the field or with `*/*`, it gets JSON.
pub fn prefers_html<'a>(mut fields: impl Iterator<Item = &'a str>) -> bool {
    let Some(first) = fields.next() else {
        return false;
    };
    let second = fields.next();
    // As nearly all clients send it that are no browsers.
    if first == "*/*" && second.is_none() {
        return false;
    }
    let fields = [Some(first), second].into_iter().flatten().chain(fields);
    let mut html = Weight::default();
    let mut json = Weight::default();
    for field in fields {
        for range in field.split(',') {
            let Some((media_type, quality)) = parse(range) else {
                continue;
            };
            html.consider(media_type, quality, "text", "html");
            json.consider(media_type, quality, "application", "json");
        }
    }
    html.quality > json.quality
}

/// How much one media type is liked. The most specific range decides.
#[derive(Default)]
struct Weight {
    specificity: u8,
    /// In thousandths.
    quality: u16,
}

impl Weight {
    fn consider(&mut self, range: &str, quality: u16, kind: &str, subtype: &str) {
        let Some((range_kind, range_subtype)) = range.split_once('/') else {
            return;
        };
        let same_kind = range_kind.eq_ignore_ascii_case(kind);
        let specificity = match (range_kind, range_subtype) {
            ("*", "*") => 1,
            (_, "*") if same_kind => 2,
            (_, own) if same_kind && own.eq_ignore_ascii_case(subtype) => 3,
            _ => return,
        };
        if specificity > self.specificity {
            self.specificity = specificity;
            self.quality = quality;
        } else if specificity == self.specificity {
            self.quality = self.quality.max(quality);
        }
    }
}

/// A media range and its weight in thousandths. `None` where a parameter other than the weight and the character set
/// narrows the range to something that is not served, and where the weight is malformed.
fn parse(range: &str) -> Option<(&str, u16)> {
    let Some((media_type, parameters)) = range.split_once(';') else {
        return Some((range.trim(), 1000));
    };
    let mut quality = 1000;
    for parameter in parameters.split(';') {
        let (name, value) = parameter.split_once('=')?;
        match name.trim() {
            "q" | "Q" => {
                quality = thousandths(value.trim())?;
                // What follows the weight extends it, and no extension is known.
                break;
            }
            name if name.eq_ignore_ascii_case("charset") => {
                let value = value.trim().trim_matches('"');
                value.eq_ignore_ascii_case("utf-8").then_some(())?;
            }
            _ => return None,
        }
    }
    Some((media_type.trim(), quality))
}

/// `qvalue` (RFC 9110 §12.4.2): `0` to `1` with up to three digits after the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    let is_valid = matches!(whole, "0" | "1")
        && digits.len() <= 3
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_valid {
        return None;
    }
    let mut value = u16::from(whole == "1") * 1000;
    for (digit, worth) in digits.bytes().zip([100, 10, 1]) {
        value += u16::from(digit - b'0') * worth;
    }
    (value <= 1000).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_pages_and_everyone_else_json() {
        for html in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            "text/html",
            "text/*",
            "TEXT/HTML;charset=utf-8",
            "application/json;q=0.9, text/html",
            "text/html;q=0.5, application/json;q=0.4",
            "*/*, application/json;q=0.2",
            "text/html;q=0.001, */*;q=0",
        ] {
            assert!(prefers_html([html].into_iter()), "{html}");
        }
        for json in [
            "",
            "*/*",
            "application/json",
            "application/json, text/html",
            "text/html, application/json",
            "text/html;q=0.5, application/json;q=0.6",
            "text/html;q=0",
            "text/html;q=0, */*",
            "text/html;level=1",
            "text/html;q=2",
            "text/html;q=1.001",
            "text/html;q",
            "text/htmlx, text/plain",
            "image/avif,image/webp,*/*;q=0.8",
            "*/*;q=0.1",
            "nonsense",
        ] {
            assert!(!prefers_html([json].into_iter()), "{json}");
        }
        assert!(!prefers_html([].into_iter()));
    }

    #[test]
    fn several_fields_are_one_list() {
        let fields = ["application/json;q=0.3", "text/html;q=0.4"];
        assert!(prefers_html(fields.into_iter()));
    }
}
