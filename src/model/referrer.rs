//! Where readers come from: the host of the page that a reader followed a link on, and nothing else of it.

use super::page_address::host_of_address;
use super::post::PostId;

/// The longest host that is kept, in bytes.
const MAX_HOST: usize = 100;

/// Words of search engines' hosts: of the name before the top-level domain, or of the whole.
const SEARCH: [&str; 24] = [
    "google",
    "bing.com",
    "duckduckgo.com",
    "yandex",
    "baidu.com",
    "search.naver.com",
    "naver.com",
    "daum.net",
    "search.yahoo",
    "yahoo.co.jp",
    "yahoo.com",
    "ecosia.org",
    "qwant.com",
    "startpage.com",
    "search.brave.com",
    "kagi.com",
    "sogou.com",
    "so.com",
    "seznam.cz",
    "ask.com",
    "aol.com",
    "mojeek.com",
    "perplexity.ai",
    "swisscows.com",
];

/// Views of a post that came from a host on a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReferrerViews {
    /// The post.
    pub post: PostId,
    /// The start of the UTC day.
    pub day: i64,
    /// The host; empty for all that are not kept by name.
    pub host: String,
    /// How many.
    pub views: i64,
}

/// What kind of site a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferrerKind {
    /// A search engine.
    Search,
    /// The site itself.
    Own,
    /// Another site.
    Site,
    /// Hosts that are not kept by name.
    Other,
}

impl ReferrerKind {
    /// The kind of a host; `own` are the site's.
    pub fn of(host: &str, own: &[String]) -> ReferrerKind {
        let is = |name: &str| match name.contains('.') {
            true => {
                host == name
                    || host.ends_with(name) && host[..host.len() - name.len()].ends_with('.')
            }
            false => host.split('.').rev().skip(1).any(|part| part == name),
        };
        match host {
            "" => ReferrerKind::Other,
            host if own.iter().any(|own| own == host) => ReferrerKind::Own,
            _ if SEARCH.iter().any(|name| is(name)) => ReferrerKind::Search,
            _ => ReferrerKind::Site,
        }
    }

    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            ReferrerKind::Search => "search",
            ReferrerKind::Own => "own",
            ReferrerKind::Site => "site",
            ReferrerKind::Other => "other",
        }
    }
}

/// The host of a referring page, or of a bare host. `None` for what is no page of the web, and for addresses of machines.
pub fn referrer_host(text: &str) -> Option<String> {
    let text = text.trim_ascii();
    let host = match text.contains("//") {
        true => host_of_address(text)?,
        false => host_of_address(&format!("//{text}"))?,
    };
    let name = host.split(':').next().unwrap_or_default();
    let is_name = name.contains('.')
        && name.len() <= MAX_HOST
        && name.ends_with(|last: char| last.is_ascii_alphabetic());
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_of_a_page_is_kept() {
        for (text, host) in [
            ("https://www.News.example/item?id=1#x", Some("news.example")),
            (
                "http://me:secret@news.example:8080/private/path",
                Some("news.example"),
            ),
            ("news.example", Some("news.example")),
            ("android-app://com.example/", None),
            ("https://192.0.2.7/a", None),
            ("http://localhost:4000/", None),
            ("", None),
            ("https://", None),
        ] {
            assert_eq!(referrer_host(text).as_deref(), host, "{text}");
        }
        assert_eq!(referrer_host(&format!("{}.example", "a".repeat(100))), None);
    }

    #[test]
    fn search_engines_and_the_site_itself_are_told_apart() {
        let own = ["blog.example".to_owned()];
        for (host, kind) in [
            ("google.com", ReferrerKind::Search),
            ("google.co.kr", ReferrerKind::Search),
            ("search.naver.com", ReferrerKind::Search),
            ("yandex.ru", ReferrerKind::Search),
            ("mygoogle.com", ReferrerKind::Site),
            ("notbing.com", ReferrerKind::Site),
            ("google", ReferrerKind::Site),
            ("blog.example", ReferrerKind::Own),
            ("", ReferrerKind::Other),
        ] {
            assert_eq!(ReferrerKind::of(host, &own), kind, "{host}");
        }
    }
}
