//! nginx before a server, as its example sets it up.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;

use crate::support::http::TOKEN;
use crate::support::process::Running;
use crate::support::{Client, Home, missing, until};

use super::text;

const NGINX: &str = "/usr/sbin/nginx";

fn start(home: &Home, server: SocketAddr) -> (SocketAddr, Running) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let example = text("nginx.conf")
        .replace("127.0.0.1:8080", &server.to_string())
        .replace("listen 80;", &format!("listen {address};"));
    let folder = home.path().join("nginx");
    std::fs::create_dir_all(&folder).expect("a folder");
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
        .concat();
    let configuration = format!(
        "daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;\n\
         events {{ }}\nhttp {{ access_log off;\n{temporary}{example} }}\n",
        folder.display()
    );
    let file = home.write("nginx/nginx.conf", configuration);
    let mut command = Command::new(NGINX);
    command.arg("-p").arg(&folder).arg("-c").arg(file);
    command.arg("-e").arg(folder.join("start.log"));
    let nginx = Running::spawn(command);
    until("nginx listens", || {
        assert!(!nginx.is_over(), "nginx ended: {}", nginx.stderr.text());
        TcpStream::connect(address).is_ok()
    });
    (address, nginx)
}

#[test]
fn behind_the_example_for_nginx_clients_are_themselves_and_nobody_else() {
    if !std::path::Path::new(NGINX).exists() {
        return missing("nginx");
    }
    let home = Home::new();
    let server = home.serve().flag("--trust-proxy", "127.0.0.1/32").start();
    server.create("hello", "text");
    let (address, _nginx) = start(&home, server.address);
    let mut client = Client::connect(address);
    let bearer = format!("Bearer {TOKEN}");
    // The address that a client claims is replaced by its own, and so is its name; even with the token.
    for claimed in ["203.0.113.1", "203.0.113.2"] {
        let headers = [
            ("X-Forwarded-For", claimed),
            ("Viewer-Id", "ann"),
            ("Authorization", bearer.as_str()),
        ];
        assert_eq!(
            client.request("GET", "/posts/hello", &headers, b"").status,
            200
        );
    }
    until("both are counted", || server.views("hello") == 2);
    let viewers = server.get("/posts/hello/views").json();
    assert_eq!(viewers["viewers"], 1, "one client, whatever it claims");
    assert_eq!(
        server
            .connect()
            .request("GET", "/posts/hello/viewers/ann", &[], b"")
            .status,
        404
    );
    assert_eq!(client.get("/metrics").status, 200, "from this machine");
}
