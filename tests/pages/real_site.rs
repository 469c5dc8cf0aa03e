//! A site of real posts and of reads from a real log, moved to the last weeks.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::support::{Home, Server, missing};

/// Days that the log's four are repeated for.
const DAYS: i64 = 70;

pub struct RealSite(Home);

impl RealSite {
    /// `None` on a machine without the data.
    pub fn new() -> Option<Self> {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
        let log = data.join("logs/semicomplete-apache-2015.log");
        if !log.is_file() {
            missing("there is no log in ../shared/data/logs");
            return None;
        }
        let home = Home::new();
        home.run(&["import", "posts", &data.join("posts").to_string_lossy()]);
        let slugs = slugs(&home);
        let moved = home.write("moved.log", moved(&log, &slugs));
        let finished = home.run(&[
            "import",
            "log",
            &moved.to_string_lossy(),
            "--path",
            "/posts/{slug}",
        ]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        Some(Self(home))
    }

    pub fn serve(&self) -> Server {
        self.0.serve().flag("--tz", "UTC").start()
    }
}

/// The slugs of the posts that have tags, which the others, being tests of some generator, have not.
fn slugs(home: &Home) -> Vec<String> {
    let server = home.serve().start();
    let list = server.get("/posts?limit=100").json();
    let items = list["items"].as_array().expect("posts");
    let tagged = items
        .iter()
        .filter(|post| post["tags"].as_array().is_some_and(|tags| !tags.is_empty()));
    let slugs: Vec<String> = tagged
        .filter_map(|post| post["slug"].as_str())
        .map(|slug| {
            percent_encoding::utf8_percent_encode(slug, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        })
        .collect();
    assert_eq!(server.stop().code, Some(0));
    slugs
}

/// The log's reads of pages, a part of each of its days for each of the last ones, of posts of this site.
fn moved(log: &PathBuf, slugs: &[String]) -> String {
    let bytes = std::fs::read(log).expect("a log");
    let text = String::from_utf8_lossy(&bytes);
    let mut days: Vec<Vec<&str>> = vec![Vec::new(); 4];
    for line in text.lines() {
        let day = line.split_once('[').and_then(|(_, rest)| rest.get(..2));
        let number = day.and_then(|day| day.parse::<usize>().ok());
        let whole = line.contains("\" 200 ") && line.contains("\"GET ") && line.ends_with('"');
        if let Some(number @ 17..=20) = number.filter(|_| whole) {
            days[number - 17].push(line);
        }
    }
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let mut moved = String::new();
    for back in 1..=DAYS {
        let date = now.checked_sub(back.days()).expect("a day");
        let date = date.strftime("%d/%b/%Y").to_string();
        let of_ten = [3, 5, 4, 6, 7, 5, 2][usize::try_from(back % 7).expect("a number")];
        for line in &days[usize::try_from(back % 4).expect("a number")] {
            let hash = line.bytes().fold(back as u64, |hash, byte| {
                hash.wrapping_mul(31).wrapping_add(u64::from(byte))
            });
            if hash % 10 >= of_ten {
                continue;
            }
            let (client, rest) = line.split_once('[').expect("just found");
            let (time, rest) = rest.split_once("] \"GET ").expect("a request");
            let (path, rest) = rest.split_once(' ').expect("a path");
            // Few posts have most of the reads.
            let place = path
                .bytes()
                .fold(7_u64, |hash, byte| hash * 33 % 1009 + u64::from(byte));
            let share = (place % 1009) as f64 / 1009.0;
            let slug = &slugs[(share.powf(2.2) * slugs.len() as f64) as usize];
            // A String takes every write.
            let _ = writeln!(
                moved,
                "{client}[{date}{}] \"GET /posts/{slug} {rest}",
                &time[11..]
            );
        }
    }
    moved
}
