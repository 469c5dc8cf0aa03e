//! The address of a page, by which a post can be found: its host and its path, in one form.
//!
//! These do not tell pages apart: the scheme, `www.`, a port that is the scheme's own, a slash at the end, `index.html`, the
//! query and the fragment, and how the path is percent-encoded and composed. Everything else does: another host or port, the
//! folders, lower and upper case of the path, `.html`.

use std::borrow::Cow;

use super::address::{segments, slug_of_segments};
use super::page_path::{decoded, encoded};
use super::slug::slugify;

/// The longest address, in bytes: more than any page has, and less than an index of PostgreSQL can hold.
pub const MAX_ADDRESS: usize = 1_000;

/// A page: `example.org/2024/hello`, or without a host `/2024/hello`, where it is not known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageAddress {
    address: String,
    /// Where its path begins.
    path: usize,
    /// Where its site's folder ends.
    site: usize,
}

/// Why a text is not the address of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPage {
    /// It is no web address, or one of a character or a length that none has.
    NotAnAddress,
    /// It is on none of the sites.
    Elsewhere,
}

impl PageAddress {
    /// The page of an address: `https://host/path`, `//host/path` or `/path`.
    pub fn parse(text: &str) -> Result<PageAddress, NoPage> {
        let text = text.trim_ascii();
        let rest = match text.split_once("//") {
            Some((scheme, rest)) if is_web(scheme) => rest,
            _ if text.starts_with('/') => return PageAddress::assemble("", text),
            _ => return Err(NoPage::NotAnAddress),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let host = host_of(authority).ok_or(NoPage::NotAnAddress)?;
        PageAddress::assemble(&host, path)
    }

    /// The page of a host as [`PageAddress::host`] has it, and a path that is still encoded.
    pub fn assemble(host: &str, path: &str) -> Result<PageAddress, NoPage> {
        let end = path.find(['?', '#']).unwrap_or(path.len());
        let path = decoded(&path[..end]);
        let mut address = String::with_capacity(host.len() + path.len() + 1);
        address.push_str(host);
        for segment in segments(&path) {
            address.push('/');
            address.push_str(segment);
        }
        if address.len() == host.len() {
            address.push('/');
        }
        if address.len() > MAX_ADDRESS || address.contains('\0') {
            return Err(NoPage::NotAnAddress);
        }
        Ok(PageAddress {
            address,
            path: host.len(),
            site: host.len(),
        })
    }

    /// A page of an address in the form that a store has it.
    pub fn of_stored(address: String) -> PageAddress {
        let path = address.find('/').unwrap_or(address.len());
        PageAddress {
            address,
            path,
            site: path,
        }
    }

    /// The form that an address in a store should have; `None` for what is none.
    pub fn normal_form(stored: &str) -> Option<String> {
        // No two slashes stand in a row in one that is in form: here is more than host and path.
        if stored.contains("//") {
            return PageAddress::parse(stored).ok().map(|page| page.address);
        }
        let page = PageAddress::of_stored(stored.to_owned());
        let host = match page.host() {
            "" if stored.is_empty() => return None,
            "" => Cow::Borrowed(""),
            host => host_of(host)?,
        };
        // Of a path with two of them at its end, one `index.html` is kept.
        let path = encoded(page.path()) + "/index.html";
        let normal = PageAddress::assemble(&host, &path);
        normal.ok().map(|page| page.address)
    }

    /// Host and path.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The host, with its port where that is not the scheme's own; empty where it is not known.
    pub fn host(&self) -> &str {
        &self.address[..self.path]
    }

    /// The path, decoded: `/2024/hello`, or `/`.
    pub fn path(&self) -> &str {
        &self.address[self.path..]
    }

    /// The same path on another host.
    pub fn on(&self, host: &str) -> PageAddress {
        PageAddress {
            address: format!("{host}{}", self.path()),
            path: host.len(),
            site: host.len(),
        }
    }

    /// The path below its site's folder: what generators of sites call a page's path.
    pub fn path_on_site(&self) -> &str {
        match &self.address[self.site..] {
            "" => "/",
            path => path,
        }
    }

    pub(super) fn set_site(&mut self, folder: usize) {
        self.site = folder;
    }

    /// The slug that its last segment makes; `None` where that holds nothing that a slug may hold.
    pub fn slug(&self) -> Option<String> {
        slug_of_segments(&segments(self.path()))
    }

    /// The slug that a post for it is to have, if it is free.
    pub fn slug_to_be(&self) -> String {
        self.slug().unwrap_or_else(|| slugify(self.path()))
    }

    /// What it is called where nobody says: the name of its last folder or file, or its host.
    pub fn name(&self) -> &str {
        match self.path().rsplit('/').next() {
            Some(name) if !name.is_empty() => name,
            _ => self.host(),
        }
    }

    /// Where it is found: with `https:` and encoded. `None` where its host is not known.
    pub fn url(&self) -> Option<String> {
        let url = format!("https://{}{}", self.host(), encoded(self.path()));
        (self.path > 0).then_some(url)
    }
}

/// The host of an address, in the form of [`PageAddress::host`].
pub(super) fn host_of_address(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("//")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = host_of(&rest[..end]).filter(|_| is_web(scheme))?;
    Some(host.into_owned())
}

fn is_web(scheme: &str) -> bool {
    scheme.is_empty()
        || scheme.eq_ignore_ascii_case("https:")
        || scheme.eq_ignore_ascii_case("http:")
}

/// The host of an authority, as browsers send it: without who asks, `www.`, a dot at its end and the port of a scheme.
fn host_of(authority: &str) -> Option<Cow<'_, str>> {
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let (name, port) = match authority.rsplit_once(':') {
        // Not the end of an IPv6 address.
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (authority, ""),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    let name = match name.get(..4) {
        Some(www) if www.eq_ignore_ascii_case("www.") && name[4..].contains('.') => &name[4..],
        _ => name,
    };
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_host) || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(match port {
        "" | "80" | "443" if is_lower => Cow::Borrowed(name),
        "" | "80" | "443" => Cow::Owned(name.to_ascii_lowercase()),
        port => Cow::Owned(format!("{}:{port}", name.to_ascii_lowercase())),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> String {
        PageAddress::parse(text).unwrap().address().to_owned()
    }

    #[test]
    fn what_does_not_tell_pages_apart_does_not() {
        for same in [
            "https://example.org/2024/hello/",
            "http://example.org/2024/hello",
            "//example.org/2024/hello",
            "HTTPS://WWW.Example.ORG./2024/hello/index.html",
            "https://example.org:443/2024//hello/?a=/b#c",
            "http://me@example.org:80/2024/./hello/INDEX.HTM",
            " https://example.org/2024/%68ello#/top ",
        ] {
            assert_eq!(address(same), "example.org/2024/hello", "{same}");
        }
        for root in [
            "https://example.org",
            "https://example.org/?x",
            "//example.org/index.html",
        ] {
            assert_eq!(address(root), "example.org/", "{root}");
        }
        assert_eq!(address("/%b0%A1"), address("/%B0%a1"));
        assert_eq!(
            PageAddress::parse("//a.org/x%b0y").unwrap().url().unwrap(),
            "https://a.org/x%B0y"
        );
        for same in ["/caf%C3%A9", "/cafe%CC%81/", "/caf\u{e9}"] {
            assert_eq!(address(same), "/caf\u{e9}", "{same}");
        }
    }

    #[test]
    fn everything_else_tells_pages_apart() {
        let all = [
            "https://example.org/2023/hello/",
            "https://example.org/2024/hello/",
            "https://example.org/2024/Hello/",
            "https://example.org/2024/hello.html",
            "https://example.org:8080/2024/hello/",
            "https://blog.example.org/2024/hello/",
            "https://example.org/2024/%B0%A1/",
            "https://example.org/2024/%B0%A2/",
            "https://example.org/2024/a%2520b",
            "https://example.org/2024/a%20b",
        ];
        let found: std::collections::HashSet<String> = all.iter().map(|one| address(one)).collect();
        assert_eq!(found.len(), all.len());
    }

    #[test]
    fn what_is_no_page_has_no_address() {
        let long = format!("https://example.org/{}", "a".repeat(MAX_ADDRESS));
        for text in [
            "",
            "hello",
            "mailto:a@b",
            "javascript://x/%0aalert(1)",
            "https://",
            "https://exa mple/",
            "https://example.org:x/",
            "ftp://example.org/a",
            "/a%00b",
            "https://b\u{fc}cher.example/",
            &long,
        ] {
            assert_eq!(
                PageAddress::parse(text),
                Err(NoPage::NotAnAddress),
                "{text}"
            );
        }
    }

    #[test]
    fn a_page_knows_its_parts() {
        let page = PageAddress::parse("https://example.org:81/2024/05/A%20b.html").unwrap();
        assert_eq!(
            (page.host(), page.path()),
            ("example.org:81", "/2024/05/A b.html")
        );
        assert_eq!(
            (page.slug().as_deref(), page.name()),
            (Some("a-b"), "A b.html")
        );
        assert_eq!(
            page.url().unwrap(),
            "https://example.org:81/2024/05/A%20b.html"
        );
        assert_eq!(PageAddress::of_stored(page.address().to_owned()), page);
        assert_eq!(page.on("other.org").address(), "other.org/2024/05/A b.html");
        let root = PageAddress::parse("https://example.org").unwrap();
        assert_eq!(
            (root.slug().as_deref(), root.name()),
            (Some("index"), "example.org")
        );
        let party = PageAddress::parse("/%F0%9F%8E%89").unwrap();
        assert_eq!((party.slug(), party.slug_to_be().as_str()), (None, "post"));
        assert_eq!(PageAddress::parse("/a").unwrap().url(), None);
    }

    #[test]
    fn an_address_out_of_form_has_one_or_is_none() {
        for (stored, normal) in [
            ("example.org/a b%", Some("example.org/a b%")),
            ("https://www.Example.org/a/", Some("example.org/a")),
            ("Example.org:443/a/", Some("example.org/a")),
            ("example.org/a/index.html", Some("example.org/a/index.html")),
            ("example.org", Some("example.org/")),
            ("example.org/", Some("example.org/")),
            ("/cafe\u{301}/", Some("/caf\u{e9}")),
            ("/a//b", Some("/a/b")),
            ("", None),
            ("exa mple/a", None),
            ("mailto:a@b//c", None),
        ] {
            assert_eq!(
                PageAddress::normal_form(stored).as_deref(),
                normal,
                "{stored}"
            );
        }
        assert_eq!(PageAddress::normal_form(&"/a".repeat(MAX_ADDRESS)), None);
    }

    #[test]
    fn a_page_makes_the_slug_that_its_address_makes() {
        let table = include_str!("../../tests/embed/data/addresses.tsv");
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let (address, slug) = line.split_once('\t').unwrap();
            // Two slashes at the start would be those before a host.
            let page = PageAddress::parse(&format!("/{}", address.trim_start_matches('/')));
            let page = if address.starts_with("http") {
                PageAddress::parse(address)
            } else {
                page
            };
            assert_eq!(page.unwrap().slug().unwrap_or_default(), slug, "{address}");
        }
    }

    proptest! {
        #[test]
        fn an_address_names_itself(path in "/(\\PC|%[0-9A-F]{2}|[/.?#-]|index.html){0,40}") {
            if let Ok(page) = PageAddress::parse(&format!("https://example.org{path}")) {
                prop_assert_eq!(&PageAddress::of_stored(page.address().to_owned()), &page);
                let again = PageAddress::parse(&page.url().unwrap()).unwrap();
                prop_assert_eq!(again.address(), page.address());
                for address in [page.address(), page.path()] {
                    let normal = PageAddress::normal_form(address);
                    prop_assert_eq!(normal.as_deref(), Some(address));
                }
            }
        }
    }
}
