//! Inputs made here: one or two of each kind that a target tells apart.

const HEADS: &[&str] = &[
    "GET /posts/hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "\r\nGET http://example.org/a?b=c HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET",
    "POST /posts HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    "PUT /posts/a HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\nConnection: x, close\r\n\r\n0\r\n\r\n",
    "OPTIONS * HTTP/1.9\r\nHost:\r\nX-City: S\u{e3}o Paulo\t\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\n\n",
    "GET / HTTP/1.1\r\nHost: a\r\n folded: 1\r\nContent-Length: 1, 1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
];

const CHUNKS: &[&str] = &[
    "5\r\nhello\r\n0\r\n\r\nGET",
    "5;a=b\r\nhello\r\n0b ;x=\"\t\"\r\n, there you\r\n0\r\nX-Sum: 1\r\n\r\n",
    "0\r\n\r\n",
    "+5\r\nhello\r\n",
    "ffffffffffffffff\r\n",
    "0\r\na: b\r\nc: d\r\n\r\n",
];

const FORWARDED: &[&str] = &[
    "203.0.113.5, 198.51.100.1, 10.0.0.2",
    "unknown, [2001:db8:2::7]:4711, ::ffff:10.0.0.2",
    "198.51.100.1:4711\n10.0.0.3",
    "Ffor=198.51.100.1;proto=https;by=10.0.0.1, for=\"[2001:db8::7]:_p\"",
    "FFor=\"198.51.100.1\" ;host=\"a\\\"b,c\", for=_hidden\nFfor=unknown",
];

const PATTERNS: &[&str] = &[
    "/blog/{slug}\n/blog/hello/?x=1#top",
    "/{*slug}\n/blog/2015/a%20b.html",
    "/a/{slug}.html\nhttp://example.org/a/%ED%95%9C.html",
    "/{slug}\n/2015",
    "blog/{x}\n*",
];

const TARGETS: &[&str] = &[
    "/posts?sort=views&period=7d&limit=20&cursor=djUsNw",
    "/posts/a/views?period=1y&by=day&tz=Asia/Seoul&count=false",
    "/posts?q=a%20b+c&%63ursor=x&&tag",
    "http://example.org:80/views?posts=1,2,my-slug",
    "/views?by=hour&period=24h&limit=100",
];

const FILES: &[&str] = &[
    "---\ntitle: \"Hello: there\"\ndate: 2020-03-04 10:00:00 +0900\ntags: [a, b]\nslug: hi\n---\n\nText\n",
    "+++\ntitle = 'x'\ndate = 2016-03-01T10:00:00Z\n[taxonomies]\ntags = ['a', 'b c']\n+++\r\nText",
    "# A heading *of* text\n\nText\n",
    "---\ntitle: |\n  two\n  lines\ndraft: false\npublished: March 4, 2021\nexcerpt: no\nurl: /2020/a.html\n...\nx",
    "---\na: &a [1, 2]\nb: *a\nc: {d: e}\nlastmod: Tue, 24 Mar 2020 10:00:00 GMT\n---\n",
    "+++\na = 1\n",
];

const LINES: &[&str] = &[
    "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET /blog/a?x HTTP/1.1\" 200 12 \"http://example.org/\" \"curl/8\"\r\n",
    "2001:db8::1 - a [b] c [01/Jan/2000:00:00:00 -0130] \"GET /a b\" 304 -\n",
    "h - - [31/Dec/2016:23:59:60 +0000] \"\\x16\\x03\" 400 0 \"-\" \"\\\"\\x22\\\\\" \"198.51.100.1\" rt=0.1\n",
    "h - - [17/May/2015:10:05:03 +0000] \"GET /news/b HTTP/1.1\" 200 1 \"-\" \"Googlebot/2.1\"\nnonsense\n",
];

const JOURNALS: &[&str] = &[
    // Five events: sent, cancelled, committed and saved, of nobody, of a number and of names; nothing altered.
    "\x02\x3f\x07\0\x05\0\x01\x0d\x02\x16\x03\x04\x1f\x04\x03ann\x60\x05\0",
    // The same in a file that was used before, with a bit of the segment and a byte of the batch changed.
    "\x02\x3f\x07\x03\x02\0\x01\x10\x02\x20\x05\0\x01\x0d\x02\x16\x03\x04\x1f\x04\x03ann\x60\x05\x02\x01\x01\x50\0\x03\0\x02\x51\0\x09",
    // A header of a segment, and one of a run, with numbers of their own.
    "\0\x01\x03\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0some words of a slot that has no event",
    "\0\x05\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0",
    // A batch: one view, and its place in the journal.
    "\x01\x01\x02\0\x01\0\0\x01\x01\x01\0\x01\x01\0",
];

/// The seeds of a target; none for a name that is no target.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    // What stands before the text: see each target.
    let (texts, before): (&[&str], &[u8]) = match target {
        "request_head" => (HEADS, &[100, 0]),
        "chunked_body" => (CHUNKS, &[3, 9, 100]),
        "forwarded" => (FORWARDED, &[]),
        "path_pattern" => (PATTERNS, &[]),
        "query" => (
            TARGETS,
            &[8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        ),
        "front_matter" => (FILES, &[1]),
        "log_lines" => (LINES, &[]),
        "journal" => (JOURNALS, &[]),
        _ => (&[], &[]),
    };
    texts
        .iter()
        .map(|text| [before, text.as_bytes()].concat())
        .collect()
}
