//! From Markdown to safe HTML.

use pulldown_cmark::{Event, Options, Parser, html};

use super::highlight::Budget;
use super::{blocks, footnotes, headings, nesting, sanitize};
use crate::pages::text::escape;

/// CommonMark with tables, footnotes, strikethrough, task lists, notes in quotations, and ids of headings.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_GFM)
    .union(Options::ENABLE_HEADING_ATTRIBUTES);

/// The HTML of a post's body. A first heading that repeats the post's `title` is left out, and headings begin at the
/// second level, for the title is the first.
///
/// Where HTML in the text is nested beyond all measure it is shown as text; where Markdown is, all of it.
pub fn render(body: &str, title: &str) -> String {
    let parse = || Parser::new_ext(body, OPTIONS);
    let mut html = to_html(parse().collect(), title);
    if !nesting::is_moderate(&html) {
        html = to_html(parse().map(html_as_text).collect(), title);
    }
    if !nesting::is_moderate(&html) {
        html = format!("<pre>{}</pre>\n", escape(body));
    }
    sanitize::clean(&html)
}

fn to_html(events: Vec<Event<'_>>, title: &str) -> String {
    let events = headings::arrange(events, title);
    let (events, notes) = footnotes::collect(events);
    let mut text = String::new();
    let mut budget = Budget::default();
    html::push_html(
        &mut text,
        blocks::transform(events, &mut budget).into_iter(),
    );
    footnotes::push(&mut text, notes, |events| {
        let mut note = String::new();
        html::push_html(
            &mut note,
            blocks::transform(events, &mut budget).into_iter(),
        );
        note
    });
    text
}

fn html_as_text(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_authors_write_is_understood() {
        for (markdown, html) in [
            ("*a* ~~b~~", "<p><em>a</em> <del>b</del></p>\n"),
            ("# Title\n\ntext", "<p>text</p>\n"),
            (
                "# Other\n\n## Under",
                "<h2 id=\"other\">Other</h2>\n<h3 id=\"under\">Under</h3>\n",
            ),
            (
                "## Same\n\n## Same",
                "<h2 id=\"same\">Same</h2>\n<h2 id=\"same-2\">Same</h2>\n",
            ),
            ("## Own {#mine}", "<h2 id=\"mine\">Own</h2>\n"),
            (
                "- [x] done\n- [ ] open",
                "<ul>\n<li>☑ done</li>\n<li>☐ open</li>\n</ul>\n",
            ),
            (
                "a[^n]\n\n[^n]: Note.",
                "<p>a<sup id=\"ref-1\" class=\"footnote\"><a href=\"#note-1\">1</a></sup></p>\n<section class=\"footnotes\"><ol>\n<li id=\"note-1\"><p>Note.</p>\n<a href=\"#ref-1\" title=\"Back to the text\">↩</a></li>\n</ol></section>\n",
            ),
            (
                "|a|\n|-|\n|1|",
                "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>a</th></tr></thead><tbody>\n<tr><td>1</td></tr>\n</tbody></table>\n</div>\n",
            ),
            (
                "```rust\nfn f() {} // c\n```",
                "<pre tabindex=\"0\"><code class=\"language-rust\"><span class=\"c-k\">fn</span> <span class=\"c-f\">f</span>() {} <span class=\"c-c\">// c\n</span></code></pre>\n",
            ),
            (
                "```nothing\na < b\n```",
                "<pre tabindex=\"0\"><code class=\"language-nothing\">a &lt; b\n</code></pre>\n",
            ),
            (
                "![alt](a.png)",
                "<p><img src=\"a.png\" alt=\"alt\" loading=\"lazy\"></p>\n",
            ),
        ] {
            assert_eq!(render(markdown, "Title"), html, "{markdown}");
        }
    }

    /// The processor time that rendering so many of a text takes, in seconds, on a stack as small as a worker's.
    fn cost(part: &str, count: usize) -> f64 {
        // The time on a processor, in nanoseconds: what waits for others to finish does not count.
        let spent = || -> f64 {
            let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
            stat.split(' ').next().unwrap().parse().unwrap()
        };
        let text = part.repeat(count);
        let work = move || {
            let before = spent();
            let _ = render(&text, "");
            (spent() - before) / 1e9
        };
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work);
        thread.unwrap().join().unwrap()
    }

    #[test]
    fn deep_and_long_text_takes_no_deep_stack_and_time_by_its_length() {
        // Of four times the text a square takes sixteen times as long, whatever the length. A parser may have a dearer
        // way of working that begins somewhere, so it counts only where it grows so again.
        for part in [
            "<div>",
            "> ",
            "- ",
            "*a **b ",
            "[",
            "![",
            "<b>a<p>",
            "<b><i>",
            "(",
            "`",
            "[^a]",
            "|a",
            "<b x='1'><p>",
            "a\n\n",
            "# a\n",
            "&lt;",
            "<a href='",
            "[a](",
            "***a",
            "~~a",
            "1. ",
        ] {
            let grows = |from: usize| {
                let (some, more) = (cost(part, from), cost(part, from * 4));
                println!("{part:?}: {some:.4} s, {more:.4} s");
                more > 0.05 && more > 9.0 * some
            };
            let is_square = grows(4_000) && grows(16_000);
            assert!(!is_square, "{part:?} takes the square of its length");
        }
    }
}
