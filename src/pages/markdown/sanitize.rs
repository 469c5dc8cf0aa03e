//! What an author's HTML may hold. Authors may write HTML in Markdown, and posts are imported from elsewhere.

use std::borrow::Cow;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

/// Where a link may lead.
const SCHEMES: [&str; 5] = ["http", "https", "mailto", "tel", "xmpp"];

/// The classes that the style sheet knows.
const CODE_CLASSES: [&str; 13] = [
    "c-c", "c-s", "c-e", "c-n", "c-k", "c-o", "c-f", "c-t", "c-a", "c-d", "c-i", "footnote",
    "scroll",
];

const NOTE_CLASSES: [&str; 5] = [
    "markdown-alert-note",
    "markdown-alert-tip",
    "markdown-alert-important",
    "markdown-alert-warning",
    "markdown-alert-caution",
];

static RULES: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut rules = Builder::default();
    rules
        .url_schemes(SCHEMES.into())
        .url_relative(UrlRelative::PassThrough)
        // A link says nothing of itself to where it leads but what the page's policy lets it.
        .link_rel(None)
        .add_tags(["section", "picture"])
        .rm_tags([
            "map", "area", "center", "header", "footer", "nav", "article", "aside",
        ])
        .add_allowed_classes("span", CODE_CLASSES)
        .add_allowed_classes("sup", CODE_CLASSES)
        .add_allowed_classes("div", CODE_CLASSES)
        .add_allowed_classes("section", ["footnotes"])
        .add_allowed_classes("blockquote", NOTE_CLASSES)
        .add_tag_attributes("code", ["class"])
        .add_tag_attributes("div", ["tabindex"])
        .add_tag_attributes("details", ["open"])
        .set_tag_attribute_value("pre", "tabindex", "0")
        .set_tag_attribute_value("img", "loading", "lazy")
        .attribute_filter(allowed_value);
    for tag in ["h2", "h3", "h4", "h5", "h6", "li", "sup"] {
        rules.add_tag_attributes(tag, ["id"]);
    }
    rules
});

/// HTML of which nothing runs, whatever it was.
pub fn clean(html: &str) -> String {
    RULES.clean(html).to_string()
}

/// Attributes of which only some values are allowed.
fn allowed_value<'v>(tag: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let allowed = match (tag, attribute) {
        ("code", "class") => value
            .strip_prefix("language-")
            .is_some_and(|name| !name.contains(char::is_whitespace)),
        ("div", "tabindex") => value == "0",
        // Ids of the page around the text begin so.
        (_, "id") => !value.starts_with("page-"),
        _ => true,
    };
    allowed.then_some(Cow::Borrowed(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_is_left() {
        for (html, left) in [
            ("<script>alert(1)</script>", ""),
            (
                "<img src=x onerror=alert(1)>",
                "<img src=\"x\" loading=\"lazy\">",
            ),
            ("<a href=\"javascript:alert(1)\">a</a>", "<a>a</a>"),
            (
                "<a href=\"/b\" style=\"color:red\" class=\"c\">a</a>",
                "<a href=\"/b\">a</a>",
            ),
            ("<svg onload=alert(1)></svg>", ""),
            ("<iframe src=\"//a\"></iframe>", ""),
            ("<h2 id=\"page-main\">a</h2>", "<h2>a</h2>"),
            ("<form action=/x><input name=a></form>", ""),
            (
                "<div class=\"scroll x\" tabindex=\"5\">a</div>",
                "<div class=\"scroll\">a</div>",
            ),
            ("<code class=\"language-a evil\">a</code>", "<code>a</code>"),
            (
                "<details open><summary>a</summary>b</details>",
                "<details open=\"\"><summary>a</summary>b</details>",
            ),
        ] {
            assert_eq!(clean(html), left, "{html}");
        }
    }
}
