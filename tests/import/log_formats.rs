//! `import log`: the formats of servers, and a log that changes its own.

use std::fmt::Write as _;

use crate::support::Home;

const FIELDS: &str = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n\
    #Date: 2024-05-01 00:00:00\n\
    #Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n";

/// A read of `/blog/hello` by the reader of this number, in each format.
fn line(format: &str, reader: usize, second: usize) -> String {
    let (at, agent) = (format!("{:02}:{:02}", second / 60, second % 60), "Firefox");
    let combined = format!(
        "192.0.2.{reader} - - [01/May/2024:12:{at} +0000] \"GET /blog/hello HTTP/1.1\" 200 9 \"-\" \"{agent}\""
    );
    let seconds = 1_714_564_800 + second;
    match format {
        "combined" => combined,
        "vhost_combined" => format!("example.org:443 {combined}"),
        "vhost" => format!("www.example.org {combined}"),
        "common" => combined.replace(" \"-\" \"Firefox\"", ""),
        "caddy" => format!(
            r#"{{"level":"info","ts":{seconds}.5,"logger":"http.log.access","msg":"handled request","request":{{"remote_ip":"10.0.0.1","client_ip":"192.0.2.{reader}","method":"GET","host":"example.org","uri":"/blog/hello?a=b","headers":{{"User-Agent":["{agent}"]}}}},"size":9,"status":200}}"#
        ),
        "nginx" => format!(
            r#"{{"time_iso8601":"2024-05-01T14:{at}+02:00","remote_addr":"192.0.2.{reader}","request":"GET /blog/hello HTTP/2.0","status":"200","http_user_agent":"{agent}","http_x_forwarded_for":"203.0.113.{second}"}}"#
        ),
        "w3c" => format!(
            "2024-05-01 12:{at} 10.0.0.4 GET /blog/hello a=b 443 - 192.0.2.{reader} {agent} - 200 0 0 31"
        ),
        _ => unreachable!("{format}"),
    }
}

fn import(home: &Home, file: &str, more: &[&str]) -> String {
    let mut arguments = vec!["import", "log", file, "--path", "/blog/{slug}", "--create"];
    arguments.extend(more);
    let finished = home.run(&arguments);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished.stdout
}

/// Views, viewers, duplicates, and views in the one hour that all lines are of.
fn numbers(home: &Home) -> [i64; 4] {
    let mut database = home.database();
    [
        database.views(),
        database.number("SELECT sum(viewers) AS number FROM counts"),
        database.uncounted("duplicate"),
        // 2024-05-01T12:00:00Z
        database.number(
            "SELECT sum(views) AS number FROM hourly_views WHERE post = 1 AND hour = 1714564800000",
        ),
    ]
}

#[test]
fn three_readers_are_three_viewers_in_every_format() {
    for format in [
        "combined",
        "vhost_combined",
        "vhost",
        "common",
        "caddy",
        "nginx",
        "w3c",
    ] {
        let home = Home::new();
        let mut text = if format == "w3c" {
            FIELDS.to_owned()
        } else {
            String::new()
        };
        for second in 0..30 {
            writeln!(text, "{}", line(format, 1 + second % 3, second)).expect("a String takes it");
        }
        home.write("access.log", text);
        let said = import(&home, "access.log", &["--dedup-window", "1h"]);
        assert!(said.contains("of 30 lines"), "{format}: {said}");
        assert!(said.contains("0 unparsable"), "{format}: {said}");
        assert_eq!(numbers(&home), [3, 3, 27, 3], "{format}");
    }
}

#[test]
fn the_same_reader_is_the_same_in_every_format_of_one_log() {
    let home = Home::new();
    let mut text = String::new();
    let formats = [
        "vhost_combined",
        "caddy",
        "combined",
        "w3c",
        "nginx",
        "w3c",
        "vhost",
    ];
    for (second, format) in formats.into_iter().enumerate() {
        if format == "w3c" && !text.contains("#Fields") {
            text += FIELDS;
        }
        writeln!(text, "{}", line(format, 1, second)).expect("a String takes it");
    }
    home.write("access.log", text);
    import(&home, "access.log", &[]);
    assert_eq!(numbers(&home), [7, 1, 0, 7]);
}

#[test]
fn a_w3c_log_goes_on_below_the_fields_that_were_named_before() {
    let home = Home::new();
    let mut text = FIELDS.to_owned();
    for second in 0..4 {
        writeln!(text, "{}", line("w3c", 1, second)).expect("a String takes it");
        home.write("u_ex240501.log", &text);
        let said = import(&home, "u_ex240501.log", &[]);
        assert!(said.contains("1 views"), "{said}");
    }
    // The columns may change, and a log of the next day begins with the same line.
    text += "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n";
    text += "2024-05-01 12:00:09 192.0.2.1 GET /blog/hello 200\n";
    home.write("u_ex240501.log", &text);
    import(&home, "u_ex240501.log", &[]);
    home.write(
        "u_ex240502.log",
        format!("{FIELDS}{}\n", line("w3c", 2, 50)),
    );
    import(&home, "u_ex240502.log", &[]);
    assert_eq!(numbers(&home)[0], 6);
    let mut database = home.database();
    assert_eq!(
        database.number("SELECT count(*) AS number FROM imported_logs"),
        2
    );
}
