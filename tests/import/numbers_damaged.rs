//! Damaged exports of other counters: what is whole arrives, and what is not is told by its line.

use super::numbers::{GOAT_CSV, PATHS, STATS, assert_views, import, views, with_posts, zip};

/// A damaged line is told by its number, and the rest is imported.
#[test]
fn what_is_damaged_is_told_by_its_line_and_keeps_nothing_else() {
    let goat = GOAT_CSV.replace(
        "/2024/a/,New,false,Firefox,,,1,0,,,,NZ,false,2024-03-01T10:59:59Z",
        "/2024/a/,\"never closed",
    );
    let stats = STATS.replacen("\"count\":4", "\"count\":", 1);
    let packed = zip(&[("paths.jsonl", PATHS), ("hit_stats.jsonl", &stats)], true);
    let cases: [(&str, Vec<u8>, &str, i64); 7] = [
        ("leancloud", b"#x\n{\"url\":\"/2024/a/\",\"time\":2}\n{\"url\":\"/2024/a/\",\n{\"url\":\"/2023/a/\",\"time\":1}\n".to_vec(), ":3:", 3),
        ("leancloud", b"{\"url\":\"/2024/a/\",\"time\":-2}\n{\"time\":5}\n{\"url\":\"/2023/a/\",\"time\":1}\n".to_vec(), ":2:", 1),
        ("waline", b"{\"data\":{\"Counter\":[\n{\"url\":\"/2024/a/\",\"time\":2},\n{\"url\":\"/2024/a/\",\"time\":x},\n{\"url\":\"/2023/a/\",\"time\":1}]}}".to_vec(), ":3:", 3),
        ("waline", b"{\"data\":{\"Counter\":[\n{\"url\":\"/2024/a/\",\"time\":2},\n{\"url\":\"/2024/".to_vec(), ":3:", 2),
        ("plausible", b"date,hostname,page,visits,visitors,pageviews\n2024-13-01,example.org,/2024/a/,1,1,5\n2024-03-01,example.org,/2024/a/,1,1,5\n".to_vec(), ":2:", 5),
        ("goatcounter", goat.into_bytes(), ":4:", 2),
        ("goatcounter", packed, "hit_stats.jsonl:2:", 4),
    ];
    for (what, text, place, sum) in cases {
        let home = with_posts();
        home.write("damaged", &text);
        let finished = import(&home, what, "damaged", &[]);
        assert_eq!(finished.code, Some(1), "{what}: {finished:?}");
        assert!(finished.stderr.contains(place), "{what}: {finished:?}");
        let found: i64 = views(&home).iter().map(|(_, views)| views).sum();
        assert_eq!(found, sum, "{what}: {finished:?}");
        assert_eq!(home.run(&["check"]).code, Some(0));
    }
    let home = with_posts();
    let cut = "<rss><item><link>https://example.org/2024/a/</link><wp:postmeta><wp:meta_key>views</wp:meta_key><wp:meta_value>3</wp:meta_value></wp:postmeta></item>\n<item><link>x";
    home.write("cut.xml", cut);
    let finished = import(&home, "wordpress", "cut.xml", &[]);
    assert!(
        finished.code == Some(1) && finished.stderr.contains("cut.xml:2:"),
        "{finished:?}"
    );
    assert_views(&home, &[("Hello", 0), ("New", 3), ("Old", 0)]);
    home.write("cut.zip", &zip(&[("paths.jsonl", PATHS)], true)[..60]);
    for (what, file) in [
        ("goatcounter", "cut.zip"),
        ("leancloud", "missing"),
        ("plausible", "cut.xml"),
    ] {
        let finished = import(&home, what, file, &[]);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.stderr.contains(file), "{finished:?}");
    }
}
