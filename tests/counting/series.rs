//! What was viewed when: periods, and series in the hours and days of a time zone.

use serde_json::Value;

use crate::support::{Home, Server, assert_problem, seed, until};

const HOUR: i64 = 3_600_000;

fn ms(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>()
        .expect("a time")
        .as_millisecond()
}

fn this_hour() -> i64 {
    jiff::Timestamp::now().as_millisecond() / HOUR * HOUR
}

/// Two posts that were viewed in 2025, a power of two in each hour of the first, so that every sum tells its parts.
fn served_2025() -> (Home, Server) {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, 2);
    let hours = [
        ("2025-03-29T22:00:00Z", 1),
        ("2025-03-29T23:00:00Z", 2),
        ("2025-03-30T21:00:00Z", 4),
        ("2025-03-30T22:00:00Z", 8),
        ("2025-10-25T21:00:00Z", 16),
        ("2025-10-25T22:00:00Z", 32),
        ("2025-10-26T22:00:00Z", 64),
        ("2025-10-26T23:00:00Z", 128),
        ("2025-05-01T18:00:00Z", 256),
        ("2025-05-01T19:00:00Z", 512),
    ];
    seed::hours(&mut database, 1, &hours.map(|(hour, n)| (ms(hour), n)));
    seed::hours(&mut database, 2, &[(ms("2025-03-30T12:00:00Z"), 10_000)]);
    seed::sum_up(&mut database);
    drop(database);
    let server = home.serve().start();
    (home, server)
}

fn numbers(server: &Server, path: &str) -> Value {
    let answer = server.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn series(numbers: &Value) -> Vec<(String, i64)> {
    let buckets = numbers["series"].as_array().expect("a series");
    buckets
        .iter()
        .map(|bucket| {
            let start = bucket["start"].as_str().expect("a start");
            assert!(start.ends_with('Z'), "one format of times: {start}");
            let local = bucket["local"].as_str().unwrap_or(start);
            assert_eq!(ms(local), ms(start), "the same instant");
            (local.to_owned(), bucket["views"].as_i64().expect("views"))
        })
        .collect()
}

/// Asserts the views of some days, and that every other day is there and empty.
fn assert_days(numbers: &Value, expected: &[(&str, i64)]) {
    let series = series(numbers);
    let viewed: Vec<(&str, i64)> = series
        .iter()
        .filter(|(_, views)| *views > 0)
        .map(|(start, views)| (start.as_str(), *views))
        .collect();
    assert_eq!(viewed, expected);
    let dates: Vec<jiff::civil::Date> = series
        .iter()
        .map(|(start, _)| start[..10].parse().expect("a date"))
        .collect();
    for pair in dates.windows(2) {
        assert_eq!(pair[0].tomorrow().expect("a day"), pair[1]);
    }
    let last = dates.last().expect("days");
    assert!(
        last.duration_until(
            jiff::Timestamp::now()
                .to_zoned(jiff::tz::TimeZone::UTC)
                .date()
        )
        .as_hours()
        .abs()
            <= 24
    );
    let sum: i64 = series.iter().map(|(_, views)| views).sum();
    assert_eq!(numbers["views"], sum, "all time is the sum of its days");
}

/// On 30 March 2025 Berlin's clocks went from +01:00 to +02:00, and its day from 23:00 UTC to 22:00 UTC; on 26 October
/// they went back, and that day from 22:00 UTC to 23:00 UTC.
#[test]
fn days_are_those_of_the_zone_through_both_changes_of_the_clock() {
    let (_home, server) = served_2025();
    let berlin = [
        ("2025-03-29T00:00:00+01:00", 1),
        ("2025-03-30T00:00:00+01:00", 2 + 4),
        ("2025-03-31T00:00:00+02:00", 8),
        ("2025-05-01T00:00:00+02:00", 256 + 512),
        ("2025-10-25T00:00:00+02:00", 16),
        ("2025-10-26T00:00:00+02:00", 32 + 64),
        ("2025-10-27T00:00:00+01:00", 128),
    ];
    let post = numbers(&server, "/posts/1/views?by=day&tz=Europe/Berlin");
    assert_days(&post, &berlin);
    let with_period = numbers(&server, "/posts/1/views?period=all&tz=Europe/Berlin");
    assert_days(&with_period, &berlin);
    let site = numbers(&server, "/views?period=all&by=day&tz=Europe%2FBerlin");
    let mut both = berlin;
    both[1].1 += 10_000;
    assert_days(&site, &both);
    assert!(site.get("post").is_none(), "{site}");
}

/// India is 5½ hours ahead: 18:00 UTC begins at 23:30 and counts to that day, 19:00 UTC at half past midnight.
#[test]
fn days_of_a_half_hour_zone_take_the_hours_that_begin_in_them() {
    let (_home, server) = served_2025();
    let post = numbers(&server, "/posts/1/views?by=day&tz=Asia/Kolkata");
    let kolkata = [
        ("2025-03-30T00:00:00+05:30", 1 + 2),
        ("2025-03-31T00:00:00+05:30", 4 + 8),
        ("2025-05-01T00:00:00+05:30", 256),
        ("2025-05-02T00:00:00+05:30", 512),
        ("2025-10-26T00:00:00+05:30", 16 + 32),
        ("2025-10-27T00:00:00+05:30", 64 + 128),
    ];
    assert_days(&post, &kolkata);
    let utc = numbers(&server, "/posts/2/views?by=day");
    assert_days(&utc, &[("2025-03-30T00:00:00Z", 10_000)]);
}

/// A post viewed in hours of every age, a power of two in each.
fn served_by_age() -> (Home, Server) {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, 1);
    let ages = [2, 26, 6 * 24, 9 * 24, 29 * 24, 32 * 24, 364 * 24, 370 * 24];
    let now = this_hour();
    let hours: Vec<(i64, i64)> = ages
        .iter()
        .zip(0..)
        .map(|(age, power)| (now - age * HOUR, 1 << power))
        .collect();
    seed::hours(&mut database, 1, &hours);
    seed::sum_up(&mut database);
    drop(database);
    let server = home.serve().start();
    (home, server)
}

#[test]
fn a_period_holds_its_views_and_its_buckets() {
    let (_home, server) = served_by_age();
    for (period, views, buckets) in [
        ("24h", 1, 25),
        ("7d", 7, 8),
        ("30d", 31, 31),
        ("1y", 127, 366),
    ] {
        for path in ["/posts/1/views", "/views", "/posts/post-0000001/views"] {
            let numbers = numbers(&server, &format!("{path}?period={period}"));
            assert_eq!(numbers["views"], views, "{path} {numbers}");
            assert!(numbers["since"].is_string(), "{numbers}");
            let series = series(&numbers);
            assert_eq!(series.len(), buckets, "{path} {series:?}");
            let sum: i64 = series.iter().map(|(_, views)| views).sum();
            assert_eq!(sum, views, "{path} {series:?}");
        }
        let many = numbers(
            &server,
            &format!("/views?posts=1,nothing,1&period={period}"),
        );
        assert_eq!(many["items"][0]["views"], views);
        assert!(many["items"][1].is_null());
        assert_eq!(many["items"][0], many["items"][2]);
        assert!(many["items"][0].get("series").is_none(), "{many}");
    }
    let all = numbers(&server, "/posts/1/views?period=all");
    assert_eq!(all["views"], 255);
    assert!(all.get("since").is_none());
    let plain = numbers(&server, "/posts/1/views?tz=Asia/Seoul");
    assert_eq!(plain["views"], 255);
    assert!(plain.get("series").is_none() && plain.get("since").is_none());
    let hours = numbers(&server, "/views?posts=1&period=7d&by=hour");
    assert_eq!(series(&hours["items"][0]).len(), 7 * 24 + 1);
}

#[test]
fn the_first_day_is_whole_and_views_are_those_of_the_period() {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, 1);
    let now = jiff::Timestamp::now().as_millisecond();
    // The start of the day a week ago, in a zone where it is now between 11:00 and noon: on the first day of the
    // week, and hours before the week.
    let hour_of_day = now / HOUR % 24;
    let ahead = (11 - hour_of_day + 12).rem_euclid(24) - 12;
    let midnight = this_hour() - 11 * HOUR - 7 * 24 * HOUR;
    seed::hours(
        &mut database,
        1,
        &[(midnight, 5), (midnight + 20 * HOUR, 2)],
    );
    seed::sum_up(&mut database);
    drop(database);
    let server = home.serve().start();
    // The signs of these names are those of POSIX: the other way round.
    let sign = if ahead > 0 { "-" } else { "%2B" };
    let zone = format!("Etc/GMT{sign}{}", ahead.abs());
    let week = numbers(&server, &format!("/posts/1/views?period=7d&tz={zone}"));
    assert_eq!(week["views"], 2, "{week}");
    assert_eq!(series(&week)[0].1, 7, "{week}");
    assert!(series(&week)[0].0.contains("T00:00:00"), "{week}");
}

#[test]
fn a_post_without_views_has_empty_buckets() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("new", "text");
    let week = numbers(&server, "/posts/new/views?period=7d");
    assert_eq!(series(&week).iter().map(|(_, views)| views).sum::<i64>(), 0);
    assert_eq!(series(&week).len(), 8);
    assert_eq!(
        series(&numbers(&server, "/posts/new/views?by=day")).len(),
        1
    );
    for _ in 0..3 {
        server.get("/posts/new");
    }
    until("the views are in the series", || {
        let numbers = numbers(&server, "/posts/new/views?period=24h");
        series(&numbers).last().expect("an hour").1 == 3 && numbers["views"] == 3
    });
}

#[test]
fn the_site_stays_the_sum_of_its_posts_when_one_is_deleted() {
    let (_home, server) = served_2025();
    let answer = server.connect().request("DELETE", "/posts/1", &[], b"");
    assert_eq!(answer.status, 204, "{}", answer.text());
    let site = numbers(&server, "/views?by=day");
    assert_days(&site, &[("2025-03-30T00:00:00Z", 10_000)]);
}

#[test]
fn what_history_cannot_be_asked_is_refused() {
    let (home, server) = served_2025();
    for (query, name) in [
        ("period=2d", "period"),
        ("period=", "period"),
        ("by=week", "by"),
        ("tz=Mars/Olympus_Mons", "tz"),
        ("tz=", "tz"),
        ("tz=%2B09:00", "tz"),
        ("tz=../../etc/passwd", "tz"),
    ] {
        for path in ["/posts/1/views", "/views"] {
            let answer = server.get(&format!("{path}?{query}"));
            assert_problem(&answer, 422);
            let detail = answer.json()["detail"]
                .as_str()
                .expect("a detail")
                .to_owned();
            assert!(
                detail.contains(&format!("parameter {name} takes")),
                "{detail}"
            );
        }
    }
    seed::hours(&mut home.database(), 2, &[(ms("2000-01-01T00:00:00Z"), 1)]);
    assert_eq!(server.get("/posts/2/views?by=day").status, 200);
    let long = server.get("/posts/2/views?by=hour");
    assert_problem(&long, 422);
    assert!(long.text().contains("20000 hours") && long.text().contains("by=day"));
    assert_eq!(server.get("/posts/2/views?by=hour&period=1y").status, 200);
    let years = |posts: usize| {
        let names = vec!["1"; posts].join(",");
        server
            .get(&format!("/views?posts={names}&period=1y&by=day"))
            .status
    };
    assert_eq!((years(50), years(60)), (200, 422));
}
