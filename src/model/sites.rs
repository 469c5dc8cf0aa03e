//! The sites whose pages are posts.

use super::page_address::{NoPage, PageAddress};

/// A site: a host, and the folder on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site(PageAddress);

impl Site {
    /// The site of an address: `https://example.org`, `https://example.org/blog`, or `example.org`.
    pub fn parse(text: &str) -> Option<Site> {
        let page = match text.contains("//") {
            true => PageAddress::parse(text),
            false => PageAddress::parse(&format!("//{text}")),
        };
        page.ok().map(Site)
    }

    /// A whole host.
    pub fn of_host(host: &str) -> Option<Site> {
        PageAddress::assemble(host, "/").ok().map(Site)
    }

    /// Its host, with its port where that is not the scheme's own.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    fn folder(&self) -> &str {
        self.0.address().trim_end_matches('/')
    }

    /// Whether a page is on it.
    pub fn holds(&self, page: &PageAddress) -> bool {
        page.address()
            .strip_prefix(self.folder())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.folder())
    }
}

/// Some sites, perhaps none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sites(pub Vec<Site>);

impl Sites {
    /// Whether there is none: then pages are found by their slugs only.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The page of an address on one of the sites; where there is none, of any address. A path without a host is on the
    /// first site.
    ///
    /// # Errors
    /// What it is instead.
    pub fn page(&self, text: &str) -> Result<PageAddress, NoPage> {
        let page = PageAddress::parse(text)?;
        let Some(first) = self.0.first() else {
            return Ok(page);
        };
        let mut page = match page.host() {
            "" => page.on(first.host()),
            _ => page,
        };
        let site = self.0.iter().find(|site| site.holds(&page));
        let site = site.ok_or(NoPage::Elsewhere)?;
        page.set_site(site.folder().len());
        Ok(page)
    }

    /// The hosts, each once, in order.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for site in &self.0 {
            if !hosts.iter().any(|host| host == site.host()) {
                hosts.push(site.host().to_owned());
            }
        }
        hosts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(texts: &[&str]) -> Sites {
        Sites(
            texts
                .iter()
                .map(|text| Site::parse(text).unwrap())
                .collect(),
        )
    }

    #[test]
    fn pages_are_on_a_site_or_elsewhere() {
        let sites = sites(&["https://www.example.org/", "http://me.example.net/blog/"]);
        let address = |text: &str| sites.page(text).map(|page| page.address().to_owned());
        assert_eq!(
            address("https://example.org/a/"),
            Ok("example.org/a".into())
        );
        assert_eq!(address("/a/?b"), Ok("example.org/a".into()));
        assert_eq!(
            address("https://me.example.net/blog"),
            Ok("me.example.net/blog".into())
        );
        assert_eq!(
            address("https://me.example.net/blog/a"),
            Ok("me.example.net/blog/a".into())
        );
        for elsewhere in [
            "https://me.example.net/blogger",
            "https://me.example.net/",
            "https://example.org:8080/a",
            "https://example.org.evil.example/a",
            "http://localhost:4000/a",
        ] {
            assert_eq!(address(elsewhere), Err(NoPage::Elsewhere), "{elsewhere}");
        }
        assert_eq!(address("a"), Err(NoPage::NotAnAddress));
        assert_eq!(sites.hosts(), ["example.org", "me.example.net"]);
    }

    #[test]
    fn without_sites_every_address_is_a_page() {
        let none = Sites::default();
        assert_eq!(
            none.page("http://localhost:4000/a")
                .unwrap()
                .slug()
                .as_deref(),
            Some("a")
        );
        assert_eq!(none.page("/a").unwrap().address(), "/a");
    }

    #[test]
    fn a_site_is_written_with_or_without_a_scheme() {
        assert_eq!(
            Site::parse("example.org"),
            Site::parse("https://www.example.org/")
        );
        assert_eq!(
            Site::parse("example.org/blog").unwrap().to_string(),
            "example.org/blog"
        );
        for wrong in ["", "https://", "ftp://x", "b\u{fc}cher.example", "a b"] {
            assert_eq!(Site::parse(wrong), None, "{wrong}");
        }
    }
}
