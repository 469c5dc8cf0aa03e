//! A static site at an address of its own, for pages that embed what the server offers.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Serves pages until the tests end.
pub struct Site {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Serves these pages by their paths.
    pub fn start(pages: &[(&'static str, String)]) -> Self {
        Self::start_with(|_| pages.to_vec())
    }

    /// As [`Site::start`], of pages that are made once the site's origin is known.
    pub fn start_with(pages: impl FnOnce(&str) -> Vec<(&'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let pages = pages(&format!("http://localhost:{}", address.port()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, pages) = (Arc::clone(&asked), Arc::new(pages));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Browsers open connections which they use later, or never.
                let (log, pages) = (Arc::clone(&log), Arc::clone(&pages));
                std::thread::spawn(move || answer(stream, &pages, &log));
            }
        });
        Self { address, asked }
    }

    /// Its origin: another host and port than a server at 127.0.0.1 has, so another site to a browser.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        let asked = self.asked.lock().expect("no panic holds it");
        asked.iter().filter(|known| *known == path).count()
    }
}

fn answer(mut stream: TcpStream, pages: &[(&str, String)], log: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(path) = lines
        .next()
        .and_then(|line| line.split(' ').nth(1).map(str::to_owned))
    else {
        return;
    };
    // The rest of the head, up to the empty line: what is left unread would reset the connection.
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let page = pages.iter().find(|(known, _)| *known == path);
    log.lock().expect("no panic holds it").push(path);
    let (status, body) = page.map_or(("404 Not Found", ""), |(_, body)| ("200 OK", body));
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}
