//! Fills a running viewtally with posts over its own interface.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, bail};

use crate::case::post;
use crate::http::Client;
use crate::own::TOKEN;

const WRITERS: usize = 4;

/// Creates posts 1 to `posts`, each with a body of `body` bytes, over a few kept connections.
pub fn prepare_posts(port: u16, posts: usize, body: usize) -> Result<()> {
    let next = AtomicUsize::new(1);
    let template = post(body);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS.min(posts))
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut client = Client::new(port, true);
                    let mut post = template.clone();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number > posts {
                            return Ok(());
                        }
                        post["slug"] = format!("the-post-{number}").into();
                        let reply = client.post_json("/posts", &post.to_string(), TOKEN)?;
                        if reply.status != 201 {
                            bail!("POST /posts answered {}: {}", reply.status, reply.text());
                        }
                    }
                })
            })
            .collect();
        writers
            .into_iter()
            .try_for_each(|writer| writer.join().expect("a writer does not panic"))
    })
}
