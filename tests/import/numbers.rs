//! Exports of other counters: their sums arrive whole, once, and what is damaged keeps nothing else.

use std::io::Write as _;

use serde_json::json;

use crate::support::{Finished, Home};

const SITE: &str = "https://example.org";

/// Two posts with files, one page's post without.
pub fn with_posts() -> Home {
    let home = Home::new();
    home.write(
        "posts/2023/a.md",
        "---\ntitle: Old\ndate: 2023-02-01\n---\ntext",
    );
    home.write(
        "posts/2024/a.md",
        "---\ntitle: New\ndate: 2024-02-01\n---\ntext",
    );
    home.write(
        "posts/hello.md",
        "---\ntitle: Hello\npermalink: /greeting/\n---\ntext",
    );
    let imported = home.run(&["import", "posts", "posts"]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    home
}

pub fn import(home: &Home, what: &str, file: &str, more: &[&str]) -> Finished {
    let arguments = [&["import", what, file, "--site", SITE], more].concat();
    home.run(&arguments)
}

/// Each post's views, by its title.
pub fn views(home: &Home) -> Vec<(String, i64)> {
    let text = home.run(&["export"]).stdout;
    let mut views: Vec<(String, i64)> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .filter(|record| record["type"] == "post")
        .map(|post| {
            let title = post["title"].as_str().expect("a title").to_owned();
            (title, post["views"].as_i64().expect("views"))
        })
        .collect();
    views.sort();
    views
}

pub fn assert_views(home: &Home, expected: &[(&str, i64)]) {
    let expected: Vec<(String, i64)> = expected
        .iter()
        .map(|(title, views)| ((*title).to_owned(), *views))
        .collect();
    assert_eq!(views(home), expected);
    let checked = home.run(&["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

/// Imports, and imports again: the sums arrive once, and what has no post is listed.
fn arrives_once(home: &Home, what: &str, file: &str, expected: &[(&str, i64)], unmatched: &str) {
    let tried = import(home, what, file, &["--dry-run"]);
    assert_eq!(tried.code, Some(0), "{tried:?}");
    assert!(
        views(home).iter().all(|(_, views)| *views == 0),
        "{tried:?}"
    );
    let sum: i64 = expected.iter().map(|(_, views)| views).sum();
    for (new, run) in [(sum, "first"), (0, "second")] {
        let finished = import(home, what, file, &[]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let said = &finished.stdout;
        assert!(
            said.contains(&format!("{new} of them new here")),
            "{run}: {said}"
        );
        assert!(said.contains(unmatched), "{said}");
        assert_views(home, expected);
    }
}

#[test]
fn leancloud_numbers_arrive_once() {
    let home = with_posts();
    let lines = [
        r#"#filetype:JSON-streaming {"type":"Class","class":"Counter"}"#,
        r#"{"objectId":"1","url":"/2023/a/","title":"Old","time":120,"createdAt":"2023-02-01T00:00:00.000Z"}"#,
        r#"{"objectId":"2","url":"/2024/a/","title":"New","time":3}"#,
        r#"{"objectId":"3","url":"/2024/a/","title":"New","time":4}"#,
        r#"{"objectId":"4","target":"/greeting/","time":50}"#,
        r#"{"objectId":"5","target":"site-pv","time":9999}"#,
        r#"{"objectId":"6","url":"/gone/","title":"Gone","time":7}"#,
    ];
    home.write("Counter.0.jsonl", lines.join("\n"));
    let expected = [("Hello", 50), ("New", 7), ("Old", 120)];
    arrives_once(
        &home,
        "leancloud",
        "Counter.0.jsonl",
        &expected,
        "       7 /gone/",
    );
    // A later export adds what is new in it, beside what was counted here.
    let later = lines.join("\n").replace("\"time\":50", "\"time\":60");
    home.write("Counter.1.jsonl", later);
    let finished = import(&home, "leancloud", "Counter.1.jsonl", &["--create"]);
    assert!(
        finished
            .stdout
            .contains("17 of them new here; posts: 1 new"),
        "{finished:?}"
    );
    assert_views(
        &home,
        &[("Gone", 7), ("Hello", 60), ("New", 7), ("Old", 120)],
    );
}

#[test]
fn waline_numbers_arrive_once() {
    let home = with_posts();
    let export = json!({"type": "waline", "version": 1, "time": 1, "tables": ["Comment", "Counter"], "data": {
        "Comment": [{"comment": "a [list] of \"Counter\"s"}],
        "Counter": [
            {"url": "/2023/a/", "time": 5, "reaction0": 1},
            {"url": "/2024/a/", "time": "6"},
            {"url": "/greeting/", "time": null},
            {"url": "/none/", "time": 1},
        ],
    }});
    // As it writes them, counters come first or last; lines are for people.
    home.write("waline.json", serde_json::to_string_pretty(&export["data"]["Counter"]).map(|counters| {
        format!("{{\n\"type\": \"waline\", \"version\": 1, \"data\": {{\"Counter\": {counters}}}\n}}\n")
    }).expect("JSON"));
    let expected = [("Hello", 0), ("New", 6), ("Old", 5)];
    arrives_once(&home, "waline", "waline.json", &expected, "       1 /none/");
}

#[test]
fn plausible_days_are_kept() {
    let home = with_posts();
    home.write(
        "imported_pages.csv",
        "date,hostname,page,visits,visitors,pageviews\n\
         2024-03-01,example.org,/2024/a/,3,2,5\n\
         2024-03-02,www.example.org,/2024/a/,1,1,1\n\
         2024-03-02,example.org,/2023/a,1,1,2\n\
         2024-03-02,other.example,/2023/a,1,1,9\n",
    );
    let expected = [("Hello", 0), ("New", 6), ("Old", 2)];
    arrives_once(
        &home,
        "plausible",
        "imported_pages.csv",
        &expected,
        "       9 https://other.example/2023/a",
    );
    let noon = jiff::Timestamp::from_second(1_709_294_400).expect("a time");
    assert_eq!(noon.to_string(), "2024-03-01T12:00:00Z");
    let hour = format!(
        "SELECT views AS number FROM hourly_views WHERE post > 0 AND hour = {}",
        noon.as_millisecond()
    );
    assert_eq!(home.database().number(&hour), 5);
}

#[test]
fn wordpress_views_arrive_once() {
    let home = with_posts();
    let item = |link: &str, views: &str| {
        format!(
            "<item>\n<title><![CDATA[A & B]]></title>\n<link>{link}</link>\n<wp:postmeta><wp:meta_key><![CDATA[_edit_last]]></wp:meta_key>\
             <wp:meta_value><![CDATA[1]]></wp:meta_value></wp:postmeta>\n<wp:postmeta>\n<wp:meta_key><![CDATA[views]]></wp:meta_key>\n\
             <wp:meta_value><![CDATA[{views}]]></wp:meta_value>\n</wp:postmeta>\n</item>\n"
        )
    };
    let text = [
        "<?xml version=\"1.0\"?>\n<rss><channel>\n".to_owned(),
        item("https://example.org/2024/a/", "41"),
        item("https://example.org/2023/a/?x=1&amp;y", "1"),
        "<item><title>Without views</title><link>https://example.org/greeting/</link></item>\n"
            .to_owned(),
        item("https://example.org/?p=9", "8"),
        "</channel></rss>\n".to_owned(),
    ];
    home.write("wordpress.xml", text.concat());
    let expected = [("Hello", 0), ("New", 41), ("Old", 1)];
    arrives_once(
        &home,
        "wordpress",
        "wordpress.xml",
        &expected,
        "       8 https://example.org/?p=9",
    );
}

pub const GOAT_CSV: &str = "2Path,Title,Event,UserAgent,Browser,System,Session,Bot,Referrer,Referrer scheme,Screen size,Location,FirstVisit,Date\n\
    /2024/a/,\"New, and\nlong\",false,Firefox,,,1,0,,,,NZ,true,2024-03-01T10:15:00Z\n\
    /2024/a/,New,false,Firefox,,,1,0,,,,NZ,false,2024-03-01T10:59:59Z\n\
    click,Click,true,Firefox,,,1,0,,,,NZ,false,2024-03-01T11:00:00Z\n\
    /2024/a/,New,false,Bot,,,1,3,,,,NZ,false,2024-03-01T11:00:00Z\n\
    /2023/a?q=1,Old,false,Firefox,,,2,0,https://secret.example/path,h,,NZ,true,2024-03-02T00:00:00+01:00\n";

#[test]
fn goatcounters_visits_are_kept_by_hour() {
    let home = with_posts();
    home.write("goat.csv", GOAT_CSV);
    arrives_once(
        &home,
        "goatcounter",
        "goat.csv",
        &[("Hello", 0), ("New", 2), ("Old", 1)],
        "2 rows",
    );
    let hours = "SELECT count(*) AS number FROM hourly_views WHERE post > 0";
    assert_eq!(home.database().number(hours), 2);
    let bytes = std::fs::read(home.database_file()).expect("the database");
    assert!(!bytes.windows(14).any(|part| part == b"secret.example"));
    // With the version as a column, as its documentation writes it, and gzipped.
    let other = with_posts();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all(GOAT_CSV.replace("2Path", "2,Path").as_bytes())
        .expect("memory");
    other.write("goat.csv.gz", packed.finish().expect("memory"));
    arrives_once(
        &other,
        "goatcounter",
        "goat.csv.gz",
        &[("Hello", 0), ("New", 2), ("Old", 1)],
        "2 rows",
    );
}

/// An archive with these files, packed where `deflated`.
pub fn zip(files: &[(&str, &str)], deflated: bool) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let data = if deflated {
            let mut packed =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(text.as_bytes()).expect("memory");
            packed.finish().expect("memory")
        } else {
            text.as_bytes().to_vec()
        };
        let method: u16 = if deflated { 8 } else { 0 };
        let header = u32::try_from(out.len()).expect("small");
        let size = u32::try_from(data.len()).expect("small").to_le_bytes();
        let length = u16::try_from(name.len()).expect("short").to_le_bytes();
        let common = [
            &[20, 0, 0, 0][..],
            &method.to_le_bytes(),
            &[0; 8],
            &size,
            &[0; 4],
            &length,
            &[0, 0],
        ]
        .concat();
        out.extend([&b"PK\x03\x04"[..], &common, name.as_bytes(), &data].concat());
        directory.extend(
            [
                &b"PK\x01\x02\x14\x00"[..],
                &common,
                &[0; 10],
                &header.to_le_bytes(),
                name.as_bytes(),
            ]
            .concat(),
        );
    }
    let count = u16::try_from(files.len()).expect("few").to_le_bytes();
    let (size, start) = (directory.len() as u32, out.len() as u32);
    out.extend(directory);
    out.extend(
        [
            &b"PK\x05\x06\0\0\0\0"[..],
            &count,
            &count,
            &size.to_le_bytes(),
            &start.to_le_bytes(),
            &[0, 0],
        ]
        .concat(),
    );
    out
}

pub const PATHS: &str = "{\"id\":1,\"path\":\"/2024/a/\",\"title\":\"New\"}\n{\"id\":2,\"path\":\"/2023/a/\",\"title\":\"Old\"}\n\
    {\"id\":3,\"path\":\"click\",\"title\":\"\",\"event\":true}\n{\"id\":4,\"path\":\"/new/\",\"title\":\"Made\"}\n";
pub const STATS: &str = "{\"hour\":\"2024-03-01T10:00:00Z\",\"path_id\":1,\"ref_id\":1,\"count\":3}\n\
    {\"hour\":\"2024-03-01T10:00:00Z\",\"path_id\":1,\"ref_id\":2,\"count\":4}\n\
    {\"hour\":\"2024-03-01 11:00:00\",\"path_id\":2,\"ref_id\":1,\"count\":1}\n\
    {\"hour\":\"2024-03-01T10:00:00Z\",\"path_id\":3,\"ref_id\":1,\"count\":9}\n\
    {\"hour\":\"2024-03-05T10:00:00Z\",\"path_id\":4,\"ref_id\":1,\"count\":6}\n";

#[test]
fn goatcounters_archive_arrives_once_and_goes_on() {
    for deflated in [false, true] {
        let home = with_posts();
        let files = [
            ("paths.jsonl", PATHS),
            ("hit_stats.jsonl", STATS),
            ("info.json", "{}"),
        ];
        home.write("goat.zip", zip(&files, deflated));
        arrives_once(
            &home,
            "goatcounter",
            "goat.zip",
            &[("Hello", 0), ("New", 7), ("Old", 1)],
            "       6 /new/",
        );
        // A later export has what was there and more: only that is new, and hours taken out stay out.
        let stats = STATS.to_owned()
            + "{\"hour\":\"2024-03-09T10:00:00Z\",\"path_id\":1,\"ref_id\":1,\"count\":2}\n";
        let files = [
            ("export/paths.jsonl", PATHS),
            ("export/hit_stats.jsonl", stats.as_str()),
        ];
        home.write("later.zip", zip(&files, deflated));
        let finished = import(&home, "goatcounter", "later.zip", &["--create"]);
        assert!(
            finished.stdout.contains("8 of them new here; posts: 1 new"),
            "{finished:?}"
        );
        assert_views(&home, &[("Hello", 0), ("Made", 6), ("New", 9), ("Old", 1)]);
    }
}

/// Beside what is counted here, and while a server runs.
#[test]
fn numbers_add_to_those_of_a_running_server() {
    let home = with_posts();
    let server = home.serve().flag("--site", SITE).start();
    let mut client = server.connect();
    let beacon = |client: &mut crate::support::Client| {
        assert_eq!(
            client
                .request("POST", "/views?url=/2024/a/", &[], b"")
                .status,
            202
        );
    };
    beacon(&mut client);
    home.write("c.jsonl", "{\"url\":\"/2024/a/\",\"time\":100}");
    // Where posts have their pages, it finds out itself.
    let finished = home.run(&["import", "leancloud", "c.jsonl"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    beacon(&mut client);
    crate::support::until("both are told of", || {
        server.get("/views?url=/2024/a/").json()["views"] == 102
    });
    assert_eq!(server.stop().code, Some(0));
    assert_views(&home, &[("Hello", 0), ("New", 102), ("Old", 0)]);
}
