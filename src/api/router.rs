//! Paths and what they name. Every path the server knows is here.

use std::sync::LazyLock;

use crate::http::Method;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Posts,
    Post,
    PostViews,
    PostViewers,
    PostViewer,
    PostCorrections,
    PostCorrection,
    ViewerPosts,
    Viewer,
    BadgeSvg,
    BadgeJson,
    Pixel,
    Snippet,
    SiteViews,
    Healthz,
    Readyz,
    Metrics,
    OpenApi,
    /// No path of ours.
    Unknown,
}

const PATHS: &[(&str, Route)] = &[
    ("/posts", Route::Posts),
    ("/posts/{post}", Route::Post),
    ("/posts/{post}/views", Route::PostViews),
    ("/posts/{post}/viewers", Route::PostViewers),
    ("/posts/{post}/viewers/{viewer}", Route::PostViewer),
    ("/posts/{post}/corrections", Route::PostCorrections),
    (
        "/posts/{post}/corrections/{correction}",
        Route::PostCorrection,
    ),
    ("/posts/{post}/badge.svg", Route::BadgeSvg),
    ("/posts/{post}/badge.json", Route::BadgeJson),
    ("/posts/{post}/pixel.gif", Route::Pixel),
    ("/viewers/{viewer}/posts", Route::ViewerPosts),
    ("/viewers/{viewer}", Route::Viewer),
    ("/viewtally.js", Route::Snippet),
    ("/views", Route::SiteViews),
    ("/healthz", Route::Healthz),
    ("/readyz", Route::Readyz),
    ("/metrics", Route::Metrics),
    ("/openapi.json", Route::OpenApi),
];

impl Route {
    /// Its name in metrics: the path's pattern.
    pub(super) fn name(self) -> &'static str {
        PATHS
            .iter()
            .find_map(|&(path, route)| (route == self).then_some(path))
            .unwrap_or("unknown")
    }

    /// Whether it is answered even while the server drains.
    pub(super) fn is_for_operators(self) -> bool {
        matches!(self, Route::Healthz | Route::Readyz | Route::Metrics)
    }

    /// Whether a request needs the token: whatever changes something, and whatever tells of viewers.
    pub(super) fn needs_token(self, method: Method) -> bool {
        match self {
            Route::PostViewers
            | Route::PostViewer
            | Route::PostCorrections
            | Route::PostCorrection
            | Route::ViewerPosts
            | Route::Viewer => true,
            Route::Posts => method == Method::Post,
            Route::Post => matches!(method, Method::Put | Method::Delete),
            Route::PostViews => method == Method::Put,
            _ => false,
        }
    }

    /// The query parameters it takes. `None` where any other is passed over: addresses of posts are handed on with
    /// marks of others in them, and images with something to get past a cache.
    pub(super) fn parameters(self, method: Method) -> Option<&'static [&'static str]> {
        let reads = matches!(method, Method::Get | Method::Head);
        match self {
            Route::Posts if reads => {
                Some(&["sort", "period", "tag", "q", "fields", "limit", "cursor"])
            }
            Route::PostViews if reads => Some(&["period", "by", "tz", "referrers"]),
            Route::SiteViews if reads => Some(&["posts", "url", "period", "by", "tz", "referrers"]),
            Route::PostCorrections if !reads => Some(&[]),
            Route::PostViewers | Route::PostCorrections | Route::ViewerPosts => {
                Some(&["limit", "cursor"])
            }
            Route::Post if !reads => Some(&[]),
            Route::PostViews if method == Method::Put => Some(&[]),
            Route::Posts | Route::PostViewer | Route::PostCorrection | Route::Viewer => Some(&[]),
            _ => None,
        }
    }

    /// The methods it answers, as `Allow` lists them. `HEAD` goes with `GET`, `OPTIONS` with all.
    pub(super) fn methods(self) -> &'static [Method] {
        match self {
            Route::Posts | Route::PostCorrections => &[Method::Get, Method::Head, Method::Post],
            Route::PostCorrection => &[Method::Get, Method::Head, Method::Delete],
            Route::Post => &[Method::Get, Method::Head, Method::Put, Method::Delete],
            Route::PostViews => &[Method::Get, Method::Head, Method::Post, Method::Put],
            Route::Viewer => &[Method::Delete],
            Route::PostViewers
            | Route::PostViewer
            | Route::ViewerPosts
            | Route::BadgeSvg
            | Route::BadgeJson
            | Route::Pixel
            | Route::Snippet
            | Route::Healthz
            | Route::Readyz
            | Route::Metrics
            | Route::OpenApi => &[Method::Get, Method::Head],
            Route::SiteViews => &[Method::Get, Method::Head, Method::Post],
            Route::Unknown => &[],
        }
    }
}

/// A matched path with the text of its parts, still percent-encoded; empty where the path has no such part.
#[derive(Clone, Copy)]
pub(super) struct Match<'p> {
    pub(super) route: Route,
    pub(super) post: &'p str,
    pub(super) viewer: &'p str,
    pub(super) correction: &'p str,
}

/// Built once, the same for every server of the process.
static ROUTER: LazyLock<matchit::Router<Route>> = LazyLock::new(|| {
    let mut router = matchit::Router::new();
    for &(path, route) in PATHS {
        router
            .insert(path, route)
            .expect("the paths do not conflict");
    }
    router
});

/// What a path names.
pub(super) fn find(path: &str) -> Match<'_> {
    // What nearly all requests ask for. The router, which fits for all the others, takes 500 instructions more.
    if let Some(post) = path.strip_prefix("/posts/")
        && !post.is_empty()
        && !post.bytes().any(|byte| byte == b'/')
    {
        return Match {
            route: Route::Post,
            post,
            viewer: "",
            correction: "",
        };
    }
    // Each page of a site that embeds the snippet asks for it.
    if path == "/views" {
        return Match {
            route: Route::SiteViews,
            post: "",
            viewer: "",
            correction: "",
        };
    }
    match ROUTER.at(path) {
        Ok(found) => Match {
            route: *found.value,
            post: found.params.get("post").unwrap_or_default(),
            viewer: found.params.get("viewer").unwrap_or_default(),
            correction: found.params.get("correction").unwrap_or_default(),
        },
        Err(_) => Match {
            route: Route::Unknown,
            post: "",
            viewer: "",
            correction: "",
        },
    }
}

/// Whether a path is one that operators and their machines ask.
pub fn is_of_operators(path: &str) -> bool {
    find(path).route.is_for_operators()
}

/// Whether a path is one of the API's.
pub fn is_known(path: &str) -> bool {
    find(path).route != Route::Unknown
}

#[cfg(test)]
#[path = "../../tests/api/described.rs"]
mod described;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_paths_and_their_post() {
        let found = find("/posts/a%20b/views");
        assert_eq!((found.route, found.post), (Route::PostViews, "a%20b"));
        assert_eq!(find("/posts").route, Route::Posts);
        let found = find("/posts/a%2Fb");
        assert_eq!((found.route, found.post), (Route::Post, "a%2Fb"));
        for unknown in [
            "",
            "/",
            "/posts/",
            "/posts//views",
            "/posts/1/other",
            "/Posts",
        ] {
            assert_eq!(find(unknown).route, Route::Unknown, "{unknown}");
        }
        assert_eq!(Route::PostViews.name(), "/posts/{post}/views");
    }
}
