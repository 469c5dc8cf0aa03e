//! `/healthz`, `/readyz`, `/metrics`, logs: what an operator sees.

use std::collections::BTreeMap;

use crate::support::{Home, Load, Server, until};

/// Every sample by its name and labels, as written.
fn samples(server: &Server) -> BTreeMap<String, f64> {
    let answer = server.get("/metrics");
    assert_eq!(answer.status, 200);
    let kind = answer.header("Content-Type").expect("a type");
    assert!(
        kind.starts_with("text/plain") || kind.starts_with("application/openmetrics-text"),
        "{kind}"
    );
    let text = answer.text();
    let mut samples = BTreeMap::new();
    for line in text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let at = line.find('}').map_or_else(
            || line.find(' '),
            |brace| line[brace..].find(' ').map(|space| brace + space),
        );
        let (name, value) = line.split_at(at.unwrap_or_else(|| panic!("{line:?} has no value")));
        let value = value
            .split_whitespace()
            .next()
            .and_then(|value| value.parse().ok());
        let value: f64 = value.unwrap_or_else(|| panic!("{line:?} has no number"));
        assert!(
            samples.insert(name.to_owned(), value).is_none(),
            "{name} comes twice"
        );
    }
    for name in samples.keys() {
        assert!(name.starts_with("viewtally_"), "{name}");
    }
    samples
}

/// The sum of every sample of this name, whatever its labels, that has this text among them.
fn sum(samples: &BTreeMap<String, f64>, name: &str, label: &str) -> f64 {
    let ours = |key: &str| key.split('{').next() == Some(name) && key.contains(label);
    samples
        .iter()
        .filter(|(key, _)| ours(key))
        .map(|(_, value)| value)
        .sum()
}

fn served() -> (Home, Server) {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    (home, server)
}

#[test]
fn a_healthy_server_is_alive_and_ready() {
    let (_home, server) = served();
    for path in ["/healthz", "/readyz"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert!(
            answer
                .header("Cache-Control")
                .is_some_and(|value| value.contains("no-")),
            "{path} must not be cached"
        );
    }
}

#[test]
fn metrics_describe_themselves() {
    let (_home, server) = served();
    let text = server.get("/metrics").text();
    let described = |kind: &str| -> Vec<String> {
        let prefix = format!("# {kind} ");
        let lines = text.lines().filter_map(|line| line.strip_prefix(&prefix));
        lines
            .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
            .collect()
    };
    let (helps, types) = (described("HELP"), described("TYPE"));
    assert_eq!(helps, types);
    assert!(helps.len() >= 10, "{helps:?}");
    for topic in [
        "request",
        "connection",
        "channel",
        "event",
        "batch",
        "commit",
        "fail",
        "counter",
        "drain",
    ] {
        assert!(
            helps.iter().any(|name| name.contains(topic)),
            "nothing about {topic}: {helps:?}"
        );
    }
}

#[test]
fn events_by_outcome_add_up_to_the_reads() {
    let (_home, server) = served();
    for _ in 0..9 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    for _ in 0..3 {
        assert_eq!(server.get("/posts/hello?count=false").status, 200);
    }
    // They are in the database a moment before they are in the metrics.
    until("the views are counted", || {
        sum(&samples(&server), "viewtally_events_total", "counted") >= 9.0
    });
    assert_eq!(server.views("hello"), 9);
    let samples = samples(&server);
    let events = sum(&samples, "viewtally_events_total", "");
    let counted = sum(&samples, "viewtally_events_total", "counted");
    assert_eq!((events, counted), (9.0, 9.0), "{samples:#?}");
    let requests = sum(
        &samples,
        "viewtally_http_request_duration_seconds_count",
        "",
    );
    assert!(requests >= 13.0, "{samples:#?}");
    let misses = sum(
        &samples,
        "viewtally_http_request_duration_seconds_count",
        "status=\"404\"",
    );
    assert_eq!(misses, 0.0, "{samples:#?}");
}

#[test]
fn events_dropped_show_in_metrics_as_in_the_ledger() {
    let home = Home::new();
    let launch = home
        .serve()
        .flag("--overflow", "shed")
        .flag("--queue-capacity", "1")
        .flag("--batch-max", "1");
    let server = launch.start();
    server.create("hello", "text");
    let load = Load::start(server.address, 8, &["/posts/hello".to_owned()]);
    load.run_for(std::time::Duration::from_millis(300));
    let received = load.finish().answered() as f64;
    let numbers = || {
        let site = server.get("/views").json();
        (
            site["views"].as_f64().expect("views"),
            site["uncounted"]["dropped"].as_f64().expect("dropped"),
        )
    };
    until("every read is accounted for", || {
        numbers().0 + numbers().1 == received
    });
    let (views, dropped) = numbers();
    assert!(dropped > 0.0, "a channel of one never filled");
    let samples = samples(&server);
    assert_eq!(
        sum(&samples, "viewtally_events_total", "dropped"),
        dropped,
        "{samples:#?}"
    );
    assert_eq!(
        sum(&samples, "viewtally_events_total", "counted"),
        views,
        "{samples:#?}"
    );
    let post = server.get("/posts/hello/views").json();
    assert_eq!(
        post["uncounted"]["dropped"], dropped,
        "the post's ledger and the site's agree"
    );
}

#[test]
fn requests_are_told_apart_by_route_not_by_path() {
    let (_home, server) = served();
    for number in 0..50 {
        assert_eq!(server.get(&format!("/posts/nobody-{number}")).status, 404);
        assert_eq!(server.get(&format!("/nowhere/{number}")).status, 404);
    }
    let text = server.get("/metrics").text();
    assert!(
        !text.contains("nobody-") && !text.contains("nowhere"),
        "a client can grow the metrics at will"
    );
    assert_eq!(
        sum(
            &samples(&server),
            "viewtally_http_request_duration_seconds_count",
            "status=\"404\""
        ),
        100.0
    );
}

#[test]
fn logs_are_json_when_asked() {
    let home = Home::new();
    let server = home.serve().flag("--log-format", "json").start();
    server.create("hello", "text");
    assert_eq!(server.get("/posts/hello").status, 200);
    let finished = server.stop();
    let mut lines = 0;
    for line in finished.stderr.lines() {
        let entry: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(entry.is_object(), "{line}");
        lines += 1;
    }
    assert!(lines > 0, "nothing was logged");
}

#[test]
fn stdout_carries_nothing_but_what_is_promised() {
    let (_home, server) = served();
    assert_eq!(server.get("/posts/hello").status, 200);
    let address = server.address;
    let finished = server.stop();
    let first = finished.stdout.lines().next().expect("a line");
    assert_eq!(first, format!("listening on http://{address}"));
}

/// The store fails, the channel stays full: one more counter at a time, up to the most allowed; then they retire.
#[test]
fn counters_grow_while_the_channel_is_full_and_retire_when_idle() {
    let home = Home::new();
    let launch = home
        .serve()
        .flag("--queue-capacity", "8")
        .flag("--max-counters", "3");
    let server = launch
        .flag("--scale-after", "200ms")
        .flag("--retire-after", "500ms")
        .start();
    server.create("hello", "text");
    let running = || sum(&samples(&server), "viewtally_counters_running", "") as i64;
    assert_eq!(running(), 1);
    let lock = crate::support::Lock::hold(&home.database_file());
    let load = Load::start(server.address, 4, &["/posts/hello".to_owned()]);
    let mut seen = vec![1];
    until("there are three counters", || {
        let now = running();
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        now == 3
    });
    assert_eq!(seen, [1, 2, 3], "one at a time");
    lock.release();
    let received = load.finish().answered();
    until("they retire", || running() == 1);
    until("every view is counted", || {
        server.views("hello") == received
    });
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), received);
}
