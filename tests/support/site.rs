//! A static site at an address of its own, for pages that embed what the server offers.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What is at a path, if anything.
type Files = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;

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
        Self::serve(|origin| {
            let pages = pages(origin);
            Box::new(move |path| {
                let page = pages.iter().find(|(known, _)| *known == path);
                page.map(|(_, text)| text.clone().into_bytes())
            })
        })
    }

    /// Serves the files below a folder, which is made once the site's origin is known. A path that ends in a slash is the
    /// folder's `index.html`.
    pub fn of_folder(folder: impl FnOnce(&str) -> PathBuf) -> Self {
        Self::serve(|origin| {
            let folder = folder(origin);
            Box::new(move |path| std::fs::read(file(&folder, path)).ok())
        })
    }

    fn serve(files: impl FnOnce(&str) -> Box<Files>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let files = files(&format!("http://localhost:{}", address.port()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, files) = (Arc::clone(&asked), Arc::new(files));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Browsers open connections which they use later, or never.
                let (log, files) = (Arc::clone(&log), Arc::clone(&files));
                std::thread::spawn(move || answer(stream, &**files, &log));
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

/// The file at a path.
fn file(folder: &Path, path: &str) -> PathBuf {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut bytes = Vec::new();
    let mut rest = path.trim_start_matches('/').as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let decoded = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match decoded.filter(|_| byte == b'%') {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    let name = String::from_utf8_lossy(&bytes);
    match path.ends_with('/') {
        true => folder.join(&*name).join("index.html"),
        false => folder.join(&*name),
    }
}

/// Its type by its name; of a page where the name has none.
fn content_type(path: &str) -> &'static str {
    match path
        .split('?')
        .next()
        .and_then(|path| path.rsplit('.').next())
    {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "text/html; charset=utf-8",
    }
}

fn answer(mut stream: TcpStream, files: &Files, log: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(path) = lines
        .next()
        .and_then(|line| line.split(' ').nth(1).map(str::to_owned))
    else {
        return;
    };
    // The rest of the head, up to the empty line: what is left unread would reset the connection.
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let (found, kind) = (files(&path), content_type(&path));
    log.lock().expect("no panic holds it").push(path);
    let status = found.as_ref().map_or("404 Not Found", |_| "200 OK");
    let body = found.unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
}
