//! Addresses of the same page with something changed: range, order and filters are all in them, so that what is shown
//! can be kept and sent to others.

use crate::http::query;
use crate::pages::text;

/// The parameters that a page of numbers understands, but for the place in its list.
const KEPT: [&str; 8] = ["period", "from", "to", "by", "tz", "sort", "tag", "q"];

/// An address that was asked for.
#[derive(Clone, Copy)]
pub struct Address<'a> {
    path: &'a str,
    query: &'a str,
}

impl<'a> Address<'a> {
    pub fn new(path: &'a str, query: &'a str) -> Address<'a> {
        Address { path, query }
    }

    /// The address with these parameters instead; an empty value leaves a parameter out. A list begins anew.
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let mut address = self.path.to_owned();
        let mut sign = '?';
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                address.push(sign);
                address.push_str(name);
                address.push('=');
                address.push_str(&text::encode(value));
                sign = '&';
            }
        };
        for name in KEPT {
            match changes.iter().find(|(changed, _)| *changed == name) {
                Some((_, value)) => add(name, value),
                None => add(name, &query::get(self.query, name).unwrap_or_default()),
            }
        }
        for (name, value) in changes.iter().filter(|(name, _)| !KEPT.contains(name)) {
            add(name, value);
        }
        address
    }

    /// The parameters as fields of a form, without those that the form has itself.
    pub fn fields(&self, without: &[&str]) -> Vec<(&'static str, String)> {
        KEPT.into_iter()
            .filter(|name| !without.contains(name))
            .filter_map(|name| Some((name, query::get(self.query, name)?.into_owned())))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_is_not_changed() {
        let address = Address::new("/", "period=7d&tag=a%26b&cursor=x&evil=1&q=");
        assert_eq!(address.with(&[("period", "30d")]), "/?period=30d&tag=a%26b");
        assert_eq!(address.with(&[("tag", "")]), "/?period=7d");
        assert_eq!(
            address.with(&[("cursor", "y")]),
            "/?period=7d&tag=a%26b&cursor=y"
        );
        assert_eq!(Address::new("/", "").with(&[]), "/");
        assert_eq!(address.fields(&["tag"]), [("period", "7d".to_owned())]);
    }
}
