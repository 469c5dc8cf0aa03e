//! Tells a browser's prefetch from a visit.

/// Whether a browser fetches ahead of a reader, who may never come: `Sec-Purpose: prefetch` (Fetch standard, also with
/// `;prerender`), and the older `Purpose` and `X-Moz`.
pub fn is_prefetch<'a>(header: impl Fn(&str) -> Option<&'a str>) -> bool {
    ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"]
        .into_iter()
        .any(|name| {
            header(name).is_some_and(|value| {
                let purpose = value.split([';', ',']).next().unwrap_or_default().trim();
                purpose.eq_ignore_ascii_case("prefetch")
                    || purpose.eq_ignore_ascii_case("prerender")
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> impl Fn(&str) -> Option<&'static str> {
        move |asked| asked.eq_ignore_ascii_case(name).then_some(value)
    }

    #[test]
    fn prefetches_and_prerenders_are_told_apart_from_visits() {
        assert!(is_prefetch(with("Sec-Purpose", "prefetch")));
        assert!(is_prefetch(with("sec-purpose", "prefetch;prerender")));
        assert!(is_prefetch(with("Purpose", "Prefetch")));
        assert!(!is_prefetch(with("Sec-Purpose", "")));
        assert!(!is_prefetch(with("Accept", "prefetch")));
    }
}
