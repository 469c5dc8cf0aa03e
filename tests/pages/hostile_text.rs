//! Text that would like to be a script: in everything an author writes, and in everything an address says.

use serde_json::json;

use crate::support::browser::Browser;
use crate::support::page::DESK;
use crate::support::{Home, Server};

/// What would run sets a mark; `{n}` tells which it was.
pub const PAYLOADS: &[&str] = &[
    "<script>pwn({n})</script>",
    "<ScRiPt>pwn({n})</sCrIpT>",
    "<script src=data:text/javascript,pwn({n})></script>",
    "<script\n>pwn({n})</script\n>",
    "<<script>pwn({n})//<</script>",
    "<img src=x onerror=pwn({n})>",
    "<img src=x onerror='pwn({n})'>",
    "<img/src=x/onerror=pwn({n})>",
    "<img src=x:x onerror&#61;pwn({n})>",
    "<img src=x oneonerrorrror=pwn({n})>",
    "<svg onload=pwn({n})>",
    "<svg><script>pwn({n})</script></svg>",
    "<svg><animate onbegin=pwn({n}) attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:pwn({n})><text y=20>x</text></a></svg>",
    "<svg><set attributeName=onmouseover to=pwn({n})>",
    "<math><mi//xlink:href=\"data:x,<script>pwn({n})</script>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=pwn({n})&gt;\">",
    "<body onload=pwn({n})>",
    "<iframe src=javascript:pwn({n})></iframe>",
    "<iframe srcdoc=\"<script>parent.pwn({n})</script>\"></iframe>",
    "<object data=javascript:pwn({n})></object>",
    "<embed src=javascript:pwn({n})>",
    "<a href=javascript:pwn({n})>x</a>",
    "<a href=\"java\tscript:pwn({n})\">x</a>",
    "<a href=\" &#14; javascript:pwn({n})\">x</a>",
    "<a href=\"&#106;avascript:pwn({n})\">x</a>",
    "<a href=\"data:text/html,<script>pwn({n})</script>\">x</a>",
    "<a href=vbscript:pwn({n})>x</a>",
    "<form action=javascript:pwn({n})><button>x</button></form>",
    "<button formaction=javascript:pwn({n})>x</button>",
    "<input autofocus onfocus=pwn({n})>",
    "<select autofocus onfocus=pwn({n})>",
    "<textarea autofocus onfocus=pwn({n})>",
    "<video src=x onerror=pwn({n})></video>",
    "<video><source onerror=pwn({n})></video>",
    "<audio src=x onerror=pwn({n})></audio>",
    "<details open ontoggle=pwn({n})>x</details>",
    "<marquee onstart=pwn({n})>x</marquee>",
    "<style>@import 'javascript:pwn({n})'</style>",
    "<style onload=pwn({n})></style>",
    "<link rel=stylesheet href=javascript:pwn({n})>",
    "<meta http-equiv=refresh content=\"0;url=javascript:pwn({n})\">",
    "<base href=javascript:pwn({n})//>",
    "<div style=\"background:url(javascript:pwn({n}))\">x</div>",
    "<div onpointerover=pwn({n})>x</div>",
    "<p contenteditable autofocus onfocus=pwn({n})>x</p>",
    "<noscript><p title=\"</noscript><img src=x onerror=pwn({n})>\">",
    "<template><script>pwn({n})</script></template>",
    "<xmp><p title=\"</xmp><svg/onload=pwn({n})>\">",
    "<title><img title=\"</title><img src=x onerror=pwn({n})>\">",
    "</title><script>pwn({n})</script>",
    "</textarea><script>pwn({n})</script>",
    "</style><script>pwn({n})</script>",
    "--><script>pwn({n})</script>",
    "<!--<img src=\"--><img src=x onerror=pwn({n})//\">",
    "<![CDATA[<img src=x onerror=pwn({n})>]]>",
    "<?xml version=\"1.0\"?><img src=x onerror=pwn({n})>",
    "\"><script>pwn({n})</script>",
    "'><script>pwn({n})</script>",
    "\" autofocus onfocus=pwn({n}) x=\"",
    "' autofocus onfocus=pwn({n}) x='",
    "` autofocus onfocus=pwn({n}) x=`",
    "\"><svg/onload=pwn({n})>",
    "\" style=\"animation-name:x\" onanimationstart=\"pwn({n})",
    "javascript:pwn({n})",
    "[x](javascript:pwn({n}))",
    "[x](JaVaScRiPt:pwn({n}))",
    "[x](javascript&colon;pwn({n}))",
    "[x](<javascript:pwn({n})>)",
    "[x](data:text/html;base64,PHNjcmlwdD5wd24oMSk8L3NjcmlwdD4=)",
    "[x]( \u{1}javascript:pwn({n}))",
    "![x](javascript:pwn({n}))",
    "![x](x\"onerror=\"pwn({n}))",
    "![x\" onerror=\"pwn({n})](x)",
    "[x](x \"a\" onclick=pwn({n}))",
    "[x]: javascript:pwn({n})\n\n[x]",
    "<javascript:pwn({n})>",
    "```\"><script>pwn({n})</script>\ncode\n```",
    "```html\n<script>pwn({n})</script>\n```",
    "    <script>pwn({n})</script>",
    "`<script>pwn({n})</script>`",
    "# a {#x\" onclick=pwn({n})}",
    "# a {onclick=pwn({n})}",
    "# <img src=x onerror=pwn({n})>",
    "[^<script>pwn({n})</script>]\n\n[^<script>pwn({n})</script>]: a",
    "|<img src=x onerror=pwn({n})>|\n|-|\n|a|",
    "> [!NOTE]\n> <img src=x onerror=pwn({n})>",
    "- [x] <img src=x onerror=pwn({n})>",
    "<scr<script>ipt>pwn({n})</scr</script>ipt>",
    "<a\u{0}href=javascript:pwn({n})>x</a>",
    "\u{feff}<script>pwn({n})</script>",
    "\u{ff1c}script\u{ff1e}pwn({n})\u{ff1c}/script\u{ff1e}",
    "<img src=\"x` `<script>pwn({n})</script>\"` `>",
    "&lt;script&gt;pwn({n})&lt;/script&gt;",
    "&#60;script&#62;pwn({n})&#60;/script&#62;",
    "{{constructor.constructor('pwn({n})')()}}",
    "${pwn({n})}",
    "{% raw %}<script>pwn({n})</script>{% endraw %}",
    "\u{fdd0}<script>pwn({n})</script>\u{fdd2}",
    "<portal src=javascript:pwn({n})>",
    "<a href=x ping=javascript:pwn({n}) target=_blank onclick=pwn({n})>x</a>",
    "<img srcset=\"javascript:pwn({n}) 1x\" src=x>",
    "<dialog open onfocus=pwn({n}) autofocus tabindex=0>x</dialog>",
];

/// Clicks all links of the text, focuses all that can be, and says whether anything ran or could.
const PROVOKE: &str = "(() => {
    for (const link of document.querySelectorAll('main a')) {
        if (/^\\s*(javascript|data|vbscript):/i.test(link.href)) return 'a link: ' + link.outerHTML;
    }
    for (const element of document.querySelectorAll('*')) {
        for (const attribute of element.attributes) {
            if (/^on/i.test(attribute.name)) return 'a handler: ' + element.outerHTML;
        }
        if (element.focus) element.focus();
        element.dispatchEvent(new Event('mouseover'));
    }
    const script = document.querySelector('script:not([src]), iframe, object, embed, base, form:not(.search):not(.range)');
    return script ? 'an element: ' + script.outerHTML : 'inert';
})()";

pub const MARK: &str = "window.pwned = []; window.pwn = n => window.pwned.push(n);";

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Posts whose every field holds a payload, and all paths that show them or say back what an address said.
fn paths(server: &Server) -> Vec<String> {
    let mut paths = Vec::new();
    for (number, payload) in PAYLOADS.iter().enumerate() {
        let payload = payload.replace("{n}", &number.to_string());
        let tag: String = payload.trim().chars().take(100).collect();
        let post = json!({
            "slug": format!("post-{number}-x"), "title": payload, "summary": payload,
            "body": format!("{payload}\n\nText {payload} text"), "tags": [tag],
        });
        let answer = server.send_json("POST", "/posts", &post);
        assert_eq!(answer.status, 201, "{payload}: {}", answer.text());
        paths.push(format!("/posts/post-{number}-x"));
        let correction = json!({"views": 7, "reason": payload});
        let corrected =
            server.send_json("PUT", &format!("/posts/post-{number}-x/views"), &correction);
        assert_eq!(corrected.status, 200);
        paths.push(format!("/posts/post-{number}-x/stats"));
        let payload = encoded(&payload);
        paths.push(format!("/posts?q={payload}&tag={payload}"));
        paths.push(format!("/posts?sort={payload}&cursor={payload}"));
        paths.push(format!("/posts/{payload}"));
        paths.push(format!("/?period=7d&q={payload}&tag={payload}"));
        paths.push(format!("/?tz={payload}&from={payload}"));
    }
    for sort in ["published", "views", "trending"] {
        paths.push(format!("/posts?sort={sort}"));
        paths.push(format!("/?sort={sort}"));
    }
    paths
}

#[test]
#[ignore = "400 pages in a browser"]
fn hostile_text_stays_text() {
    assert!(PAYLOADS.len() >= 100);
    let home = Home::new();
    let server = home.serve().start();
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let tab = browser.tab(DESK);
    browser.before_each_page(&tab, MARK);
    for path in paths(&server) {
        browser.visit(&tab, &format!("http://{}{path}", server.address));
        let found = browser.evaluate(&tab, PROVOKE);
        assert_eq!(found, "inert", "{path}");
        assert_eq!(browser.evaluate(&tab, "window.pwned"), json!([]), "{path}");
        // Nothing was stopped by the policy alone: the page itself holds nothing that it would have to stop.
        assert_eq!(browser.violations(&tab), [""; 0], "{path}");
    }
}
