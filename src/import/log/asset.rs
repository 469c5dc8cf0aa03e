//! Parts of pages and files for programs, which a log has more of than pages.

/// The endings of such files, in lower case.
const ENDINGS: [&str; 62] = [
    // Code and data.
    "css",
    "js",
    "mjs",
    "map",
    "json",
    "wasm",
    "webmanifest",
    "txt",
    // Feeds and lists of pages.
    "xml",
    "rss",
    "atom",
    "xsl",
    // Images.
    "png",
    "apng",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "svgz",
    "webp",
    "avif",
    "jxl",
    "ico",
    "cur",
    "bmp",
    "tif",
    "tiff",
    "heic",
    // Fonts.
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    // Sound and film.
    "mp3",
    "m4a",
    "ogg",
    "oga",
    "opus",
    "wav",
    "flac",
    "mp4",
    "m4v",
    "webm",
    "ogv",
    "mov",
    "avi",
    "mkv",
    "vtt",
    // Archives and programs.
    "zip",
    "gz",
    "tgz",
    "bz2",
    "xz",
    "zst",
    "7z",
    "rar",
    "tar",
    "jar",
    "exe",
    "msi",
    "dmg",
    "deb",
];

/// Whether a decoded path is that of an asset, by its ending. A path that ends with a slash is that of a page.
pub(super) fn is_asset(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    last.rsplit_once('.').is_some_and(|(_, ending)| {
        ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_known_by_their_ending() {
        for path in [
            "/a.css",
            "/img/A.PNG",
            "/robots.txt",
            "/.js",
            "/app.min.js.map",
        ] {
            assert!(is_asset(path), "{path}");
        }
        for path in [
            "/",
            "/a",
            "/a.html",
            "/v10.12.0",
            "/node.js/",
            "/css",
            "/paper.pdf",
            "/a.b/c",
        ] {
            assert!(!is_asset(path), "{path}");
        }
    }
}
