//! Paths of pages and what they name.

use crate::http::{Method, accept};
use crate::server::Request;

/// What is shown at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page<'p> {
    /// The posts, page by page.
    Index,
    /// A post, by its name in the path, still percent-encoded.
    Post(&'p str),
    Feed,
    Sitemap,
    /// A part of a sitemap that is too large for one file, by its number.
    SitemapPart(&'p str),
    Robots,
    /// The site's numbers.
    Dashboard,
    /// A post's numbers, by its name in the path.
    Stats(&'p str),
    /// What happens right now, as JSON.
    Live,
    /// Where the owner of the token signs in.
    SignIn,
    SignOut,
    /// The editor with a new post.
    Write,
    /// The editor with a post, by its name in the path.
    WritePost(&'p str),
    /// A style sheet, script or image, by its file's name.
    Asset(&'p str),
}

impl Page<'_> {
    /// Its name in metrics: the path's pattern.
    pub fn route(self) -> &'static str {
        match self {
            Page::Index => "/posts",
            Page::Post(_) => "/posts/{post}",
            Page::Feed => "/feed.xml",
            Page::Sitemap => "/sitemap.xml",
            Page::SitemapPart(_) => "/sitemap-{part}.xml",
            Page::Robots => "/robots.txt",
            Page::Dashboard => "/",
            Page::Stats(_) => "/posts/{post}/stats",
            Page::Live => "/live.json",
            Page::SignIn => "/sign-in",
            Page::SignOut => "/sign-out",
            Page::Write => "/write",
            Page::WritePost(_) => "/write/{post}",
            Page::Asset(_) => "/assets/{asset}",
        }
    }

    /// The methods it answers, as `Allow` lists them.
    pub fn methods(self) -> &'static str {
        match self {
            Page::Stats(_) | Page::SignIn | Page::Write | Page::WritePost(_) => {
                "GET, HEAD, POST, OPTIONS"
            }
            Page::SignOut => "POST, OPTIONS",
            _ => "GET, HEAD, OPTIONS",
        }
    }

    /// Whether it answers a method.
    pub fn allows(self, method: Method) -> bool {
        self.methods().split(", ").any(|name| name == method.name())
    }
}

/// The page that a request asks for: by its path alone, or by a path that is the API's too and a preference for pages.
pub fn find<'r>(request: &Request<'r>) -> Option<Page<'r>> {
    let path = request.target.path;
    if let Some(rest) = path.strip_prefix("/posts") {
        return in_posts(rest, request);
    }
    elsewhere(path)
}

/// Whether there is a page at a path, whatever its client prefers.
pub fn is_known(path: &str) -> bool {
    match path.strip_prefix("/posts/") {
        Some(rest) => rest
            .split_once('/')
            .is_some_and(|(_, rest)| rest == "stats"),
        None => elsewhere(path).is_some(),
    }
}

fn elsewhere(path: &str) -> Option<Page<'_>> {
    match path {
        "/" => Some(Page::Dashboard),
        "/live.json" => Some(Page::Live),
        "/sign-in" => Some(Page::SignIn),
        "/sign-out" => Some(Page::SignOut),
        "/write" => Some(Page::Write),
        "/feed.xml" => Some(Page::Feed),
        "/sitemap.xml" => Some(Page::Sitemap),
        "/robots.txt" => Some(Page::Robots),
        _ => {
            let part = path
                .strip_prefix("/sitemap-")
                .and_then(|rest| rest.strip_suffix(".xml"));
            part.map(Page::SitemapPart)
                .or_else(|| path.strip_prefix("/assets/").map(Page::Asset))
                .or_else(|| path.strip_prefix("/write/").and_then(to_write))
        }
    }
}

fn to_write(post: &str) -> Option<Page<'_>> {
    (!post.is_empty() && !post.contains('/')).then_some(Page::WritePost(post))
}

fn in_posts<'r>(rest: &'r str, request: &Request<'r>) -> Option<Page<'r>> {
    let page = match rest {
        "" => Page::Index,
        _ => {
            let post = rest.strip_prefix('/').filter(|post| !post.is_empty())?;
            match post.bytes().position(|byte| byte == b'/') {
                None => Page::Post(post),
                Some(end) => {
                    let (post, rest) = post.split_at(end);
                    return (rest == "/stats" && !post.is_empty()).then_some(Page::Stats(post));
                }
            }
        }
    };
    let reads = matches!(request.method, Method::Get | Method::Head);
    (reads && accept::prefers_html(request.headers.all("Accept"))).then_some(page)
}
