//! What an author puts into other pages: a badge, the snippet, the pixel.

use crate::pages::text;

/// A text to copy.
pub struct Code {
    /// Names it in the page.
    pub id: &'static str,
    pub title: &'static str,
    pub meaning: &'static str,
    pub text: String,
}

/// The codes of a post on a site at `origin`.
pub fn of_post(origin: &str, slug: &str) -> [Code; 4] {
    let post = format!("{origin}/posts/{}", text::encode(slug));
    [
        Code {
            id: "page-code-badge",
            title: "Badge, Markdown",
            meaning: "Shows the views, and is none itself.",
            text: format!("![views]({post}/badge.svg)"),
        },
        Code {
            id: "page-code-html",
            title: "Badge, HTML",
            meaning: "The same for a page.",
            text: format!("<img src=\"{post}/badge.svg\" alt=\"views\" height=\"20\">"),
        },
        Code {
            id: "page-code-snippet",
            title: "Snippet",
            meaning: "Counts a page that is served elsewhere when it is seen, and shows its views.",
            text: format!(
                "<script src=\"{origin}/viewtally.js\" data-post=\"{slug}\" defer></script>\n<span data-views=\"\">–</span> views"
            ),
        },
        Code {
            id: "page-code-pixel",
            title: "Pixel",
            meaning: "One view each time it is loaded, for places without scripts.",
            text: format!("<img src=\"{post}/pixel.gif\" alt=\"\" width=\"1\" height=\"1\">"),
        },
    ]
}
