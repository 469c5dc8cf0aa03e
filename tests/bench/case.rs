//! What is asked of a contender in one measurement.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Connections of the case without keep-alive.
pub const CLOSE_CONNECTIONS: usize = 64;

/// One cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Posts the contender holds.
    pub posts: usize,
    /// Posts that are asked for, spread evenly over all of them.
    pub hot: usize,
    /// Bytes of a post's body.
    pub body: usize,
    pub connections: usize,
    pub keep_alive: bool,
}

impl Case {
    /// One post, read over kept connections.
    pub const fn one_post(body: usize, connections: usize) -> Self {
        Self {
            posts: 1,
            hot: 1,
            body,
            connections,
            keep_alive: true,
        }
    }

    /// The case the claims about CPU and latency are made for.
    pub const MAIN: Self = Self::one_post(2048, 64);

    /// The case the claim about memory is made for.
    pub const MEMORY: Self = Self {
        posts: 10_000,
        hot: 10_000,
        body: 2048,
        connections: 512,
        keep_alive: true,
    };

    pub fn to_json(self) -> Value {
        json!({
            "posts": self.posts,
            "hot": self.hot,
            "body_bytes": self.body,
            "connections": self.connections,
            "keep_alive": self.keep_alive,
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            posts,
            body,
            connections,
            ..
        } = *self;
        if posts > 1 {
            write!(f, "{posts} posts of ")?;
        }
        if body >= 1024 {
            write!(f, "{} KB", body / 1024)?
        } else {
            write!(f, "{body} B")?
        }
        write!(
            f,
            ", {connections} connection{}",
            if connections == 1 { "" } else { "s" }
        )?;
        if !self.keep_alive {
            write!(f, ", no keep-alive")?;
        }
        Ok(())
    }
}

/// The post that everyone serves, without id and views; text that HTTP, JSON and a configuration file carry unchanged.
pub fn post(body: usize) -> Value {
    let words =
        "A reader asks for a post and gets it at once while the count follows in its own time. ";
    let body: String = words.chars().cycle().take(body).collect();
    json!({
        "slug": "the-post",
        "title": "The post under test",
        "summary": "One post, read over and over",
        "body": body,
        "tags": ["bench"],
        "published_at": "2024-01-02T03:04:05Z",
    })
}

/// Writes the post where a peer reads it.
pub fn write_post(file: &Path, body: usize) -> Result<()> {
    std::fs::write(file, post(body).to_string())
        .with_context(|| format!("cannot write {}", file.display()))
}
