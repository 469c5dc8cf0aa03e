//! The paths of the other counters.

use crate::http::Method;
use crate::model::CompatSystem;

/// What a path is of another counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Route {
    Busuanzi,
    BusuanziScript,
    BusuanziApi,
    BusuanziJsonp,
    VercountV1,
    VercountV2,
    VercountScript,
    Waline,
    WalineBare,
    LeanCloudCounters,
    LeanCloudCounter,
    LeanCloudBatch,
    GoatCounterCount,
    GoatCounterNumber,
}

const PATHS: [(&str, Route); 12] = [
    ("/busuanzi", Route::Busuanzi),
    ("/busuanzi/2.3/busuanzi.pure.mini.js", Route::BusuanziScript),
    ("/api", Route::BusuanziApi),
    ("/jsonp", Route::BusuanziJsonp),
    ("/api/v1/log", Route::VercountV1),
    ("/api/v2/log", Route::VercountV2),
    ("/js", Route::VercountScript),
    ("/api/article", Route::Waline),
    ("/article", Route::WalineBare),
    ("/1.1/classes/Counter", Route::LeanCloudCounters),
    ("/1.1/batch", Route::LeanCloudBatch),
    ("/count", Route::GoatCounterCount),
];

/// Where a LeanCloud object is, before its id.
pub(super) const OBJECT: &str = "/1.1/classes/Counter/";
/// Where GoatCounter tells a number, before the page's path.
const NUMBER: &str = "/counter/";

impl Route {
    /// Its name in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Route::LeanCloudCounter => "/1.1/classes/Counter/{object}",
            Route::GoatCounterNumber => "/counter/{page}.json",
            route => {
                let path = PATHS.iter().find(|(_, known)| *known == route);
                path.map_or("unknown", |(path, _)| path)
            }
        }
    }

    /// Whose it is.
    pub(super) fn system(self) -> CompatSystem {
        match self {
            Route::Busuanzi | Route::BusuanziScript | Route::BusuanziApi | Route::BusuanziJsonp => {
                CompatSystem::Busuanzi
            }
            Route::VercountV1 | Route::VercountV2 | Route::VercountScript => CompatSystem::Vercount,
            Route::Waline | Route::WalineBare => CompatSystem::Waline,
            Route::LeanCloudCounters | Route::LeanCloudCounter | Route::LeanCloudBatch => {
                CompatSystem::LeanCloud
            }
            Route::GoatCounterCount | Route::GoatCounterNumber => CompatSystem::GoatCounter,
        }
    }

    /// The methods it answers, besides `HEAD`, which goes with `GET`, and `OPTIONS`.
    pub(super) fn methods(self) -> &'static [Method] {
        match self {
            Route::BusuanziApi => &[Method::Get, Method::Post, Method::Put],
            Route::VercountV1
            | Route::VercountV2
            | Route::Waline
            | Route::WalineBare
            | Route::LeanCloudCounters
            | Route::GoatCounterCount => &[Method::Get, Method::Post],
            Route::LeanCloudCounter => &[Method::Put],
            Route::LeanCloudBatch => &[Method::Post],
            Route::Busuanzi
            | Route::BusuanziScript
            | Route::BusuanziJsonp
            | Route::VercountScript
            | Route::GoatCounterNumber => &[Method::Get],
        }
    }

    /// Whether a request's body says what to do.
    pub(super) fn reads_body(self, method: Method) -> bool {
        match self {
            Route::BusuanziApi | Route::GoatCounterCount => false,
            _ => matches!(method, Method::Post | Method::Put),
        }
    }

    /// Whether the answer is a file.
    pub(super) fn is_script(self) -> bool {
        matches!(self, Route::BusuanziScript | Route::VercountScript)
    }
}

/// What a path is, if it is another counter's.
pub(super) fn find(path: &str) -> Option<Route> {
    if let Some((_, route)) = PATHS.iter().find(|(known, _)| *known == path) {
        return Some(*route);
    }
    let is_object = |id: &str| !id.is_empty() && !id.contains('/');
    if path.strip_prefix(OBJECT).is_some_and(is_object) {
        return Some(Route::LeanCloudCounter);
    }
    number_page(path).map(|_| Route::GoatCounterNumber)
}

/// The page whose number a path asks for, still encoded.
pub(super) fn number_page(path: &str) -> Option<&str> {
    let page = path.strip_prefix(NUMBER)?.strip_suffix(".json")?;
    (!page.is_empty()).then_some(page)
}

/// The names of all.
#[cfg(test)]
pub(in crate::api) fn names() -> impl Iterator<Item = &'static str> {
    let patterns = [Route::LeanCloudCounter, Route::GoatCounterNumber];
    let routes = PATHS.iter().map(|(_, route)| *route);
    routes.chain(patterns).map(Route::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_and_named() {
        for (path, route) in PATHS {
            assert_eq!((find(path), route.name()), (Some(route), path));
        }
        assert_eq!(
            find("/1.1/classes/Counter/abc"),
            Some(Route::LeanCloudCounter)
        );
        assert_eq!(number_page("/counter//a/.json"), Some("/a/"));
        for unknown in [
            "/",
            "/1.1/classes/Counter/",
            "/1.1/classes/Counter/a/b",
            "/counter/.json",
            "/counter/a.svg",
            "/apis",
        ] {
            assert_eq!(find(unknown), None, "{unknown}");
        }
    }
}
