//! Behind nginx, with its connections to the server kept and shared: whatever an attacker sends through it, no answer to
//! a smuggled request ever reaches another client.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use crate::support::attack::{TOKEN, create, get, served};
use crate::support::missing;
use crate::support::process::Running;
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Server, until};

/// nginx before a server; killed when dropped.
struct Proxy {
    address: SocketAddr,
    _nginx: Running,
}

const NGINX: &str = "/usr/sbin/nginx";

impl Proxy {
    /// `None`, and said, where there is no nginx.
    fn before(server: &Server, home: &Home, location: &str) -> Option<Self> {
        if !std::path::Path::new(NGINX).exists() {
            missing("nginx");
            return None;
        }
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let folder = home.path().join("nginx");
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut temporary = String::new();
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            let _ = writeln!(temporary, "{kind}_temp_path {}/{kind};", folder.display());
        }
        let upstream = server.address;
        let log = folder.join("error.log");
        let configuration = format!(
            "daemon off; master_process off; pid {folder}/pid; error_log {log} warn;\n\
             events {{ worker_connections 256; }}\n\
             http {{ access_log off; {temporary}\n\
             upstream app {{ server {upstream}; keepalive 1; keepalive_requests 100000; }}\n\
             server {{ listen {address}; ignore_invalid_headers off; underscores_in_headers on;\n\
             location / {{ {location} }} }} }}\n",
            folder = folder.display(),
            log = log.display(),
        );
        let file = home.write("nginx/nginx.conf", configuration);
        let mut command = Command::new(NGINX);
        command
            .arg("-p")
            .arg(&folder)
            .arg("-e")
            .arg(folder.join("start.log"))
            .arg("-c")
            .arg(file);
        let nginx = Running::spawn(command);
        until("nginx listens", || {
            assert!(!nginx.is_over(), "nginx ended: {}", nginx.stderr.text());
            std::net::TcpStream::connect(address).is_ok()
        });
        Some(Self {
            address,
            _nginx: nginx,
        })
    }
}

const SMUGGLED: &str = "GET /posts/smuggled HTTP/1.1\r\nHost: a\r\nX-Smuggled: yes\r\n\r\n";

/// Requests that two parsers could end at different places; what follows would then be a request to one of them.
fn ambiguous() -> Vec<Vec<u8>> {
    let length = SMUGGLED.len();
    let mut all = Vec::new();
    for target in [
        "POST /posts/hello/views",
        "GET /posts/hello",
        "POST /nothing",
        "PUT /posts/hello",
    ] {
        for lines in [
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
            format!(
                "Transfer-Encoding: chunked\r\nContent-Length: {}\r\n",
                length + 5
            ),
            format!(
                "Transfer-Encoding: \x0bchunked\r\nContent-Length: {}\r\n",
                length + 5
            ),
            format!(
                "Transfer-Encoding : chunked\r\nContent-Length: {}\r\n",
                length + 5
            ),
            format!(
                "Transfer-Encoding: xchunked\r\nContent-Length: {}\r\n",
                length + 5
            ),
            format!(
                "Transfer-Encoding: chunked, identity\r\nContent-Length: {}\r\n",
                length + 5
            ),
            format!(
                "Transfer_Encoding: chunked\r\nContent-Length: {}\r\n",
                length + 5
            ),
            format!(
                "X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: {}\r\n",
                length + 5
            ),
            "Transfer-Encoding: chunked\r\n".to_owned(),
            "Transfer-Encoding: Chunked\r\n".to_owned(),
            "Transfer-Encoding: identity, chunked\r\n".to_owned(),
            "Content-Length: 0\r\n".to_owned(),
            "Content-Length: 18446744073709551616\r\n".to_owned(),
            "Content-Length: 4294967296\r\n".to_owned(),
            "Content-Length: +5\r\n".to_owned(),
            "Content-Length: 5, 5\r\n".to_owned(),
            format!("Content-Length: 5\r\nContent-Length: {}\r\n", length + 5),
            "\x0bContent-Length: 5\r\n".to_owned(),
            format!("Content_Length: 5\r\nContent-Length: {}\r\n", length + 5),
            format!(
                "Connection: Content-Length\r\nContent-Length: {}\r\n",
                length + 5
            ),
            format!(
                "Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: {}\r\n",
                length + 5
            ),
            format!("Expect: 100-continue\r\nContent-Length: {}\r\n", length + 5),
            format!("Expect: x\r\nContent-Length: {}\r\n", length + 5),
            format!(
                "Authorization: Bearer {TOKEN}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n",
                length + 5
            ),
        ] {
            // The five bytes before it end a chunked body, for whoever reads one.
            all.push(
                format!("{target} HTTP/1.1\r\nHost: a\r\n{lines}\r\n0\r\n\r\n{SMUGGLED}")
                    .into_bytes(),
            );
        }
        for size in ["5;\n", "+5", " 5", "5 ", "0x5", "5;\x0bx", "05"] {
            let head =
                format!("{target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            all.push(format!("{head}{size}\r\n0\r\n\r\n\r\n{SMUGGLED}0\r\n\r\n").into_bytes());
        }
    }
    all
}

/// Attackers and clients in turn; what a client got that it did not ask for.
fn smuggle(location: &str) {
    let home = Home::new();
    let server = served(&home, &[("--request-timeout", "2s")]);
    create(&server, "smuggled", "text");
    for number in 0..4 {
        create(&server, &format!("innocent-{number}"), "text");
    }
    let Some(proxy) = Proxy::before(&server, &home, location) else {
        return;
    };
    let options = Options {
        patience: Some(Duration::from_secs(10)),
        ..Options::default()
    };
    let attacker_options = Options {
        patience: Some(Duration::from_millis(300)),
        ..Options::default()
    };
    let mut wrong = Vec::new();
    for request in ambiguous() {
        let mut attacker = Conn::open(proxy.address, attacker_options).expect("connected");
        let _ = attacker.send(&request);
        let first = attacker.next(false);
        for number in 0..4 {
            let slug = format!("innocent-{number}");
            let mut client = Conn::open(proxy.address, options).expect("connected");
            client
                .send(&get(
                    &format!("/posts/{slug}?count=false"),
                    "Connection: close\r\n",
                ))
                .expect("sent");
            let good = match &client.next(false) {
                Next::Answer(answer) => {
                    answer.status == 200 && answer.json()["slug"] == slug.as_str()
                }
                _ => false,
            };
            let alone = matches!(client.next(false), Next::End);
            if !good || !alone {
                let shown =
                    String::from_utf8_lossy(&request[..request.len().min(160)]).into_owned();
                wrong.push(format!(
                    "{slug} after {shown:?}, whose sender got {first:?}"
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} clients got another's answer:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn nothing_is_smuggled_past_nginx_with_kept_connections() {
    smuggle("proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection \"\";");
}

#[test]
fn nothing_is_smuggled_past_nginx_that_passes_bodies_on_as_they_come() {
    smuggle(
        "proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_request_buffering off; proxy_buffering off;",
    );
}

#[test]
fn nothing_is_smuggled_past_nginx_as_it_comes() {
    smuggle("proxy_pass http://app;");
}

/// nginx's defaults add no header that tells of a proxy, and a Host of this machine: nobody may write through it.
#[test]
fn nobody_writes_through_nginx_without_the_token() {
    let home = Home::new();
    let file = home.write("posts/hello.md", "---\ntitle: hello\n---\ntext\n");
    let finished = home.run(&["import", "posts", &file.display().to_string()]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let server = home.serve().without("--token").start();
    // As in the first example of every guide: the Host that it sends on is the server's own address.
    let location = format!("proxy_pass http://{};", server.address);
    let Some(proxy) = Proxy::before(&server, &home, &location) else {
        return;
    };
    let body = r#"{"slug":"intruder","title":"Intruder","body":"b"}"#;
    for (method, path) in [
        ("POST", "/posts"),
        ("PUT", "/posts/hello"),
        ("DELETE", "/posts/hello"),
        ("GET", "/posts/hello/viewers"),
    ] {
        let mut stranger = Conn::open(proxy.address, Options::default()).expect("connected");
        let answer = stranger.ask(
            format!(
                "{method} {path} HTTP/1.1\r\nHost: blog.example\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        assert_eq!(answer.status, 401, "{method} {path}: {answer:?}");
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(
        home.database()
            .number("SELECT count(*) AS number FROM posts"),
        1
    );
}
