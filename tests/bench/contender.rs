//! A contender: how it is built, started, made to hold posts, and asked what it counted.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::case::{self, Case};
use crate::http::Client;
use crate::proc::Server;
use crate::seed;
use crate::workshop::{Scratch, Workshop};

const READY_WITHIN: Duration = Duration::from_secs(30);
/// A count that did not change for this long is final: longer than any contender holds views back.
const SETTLED_AFTER: Duration = Duration::from_millis(300);
const SETTLES_WITHIN: Duration = Duration::from_secs(30);

/// Where a contender tells how many views it counted.
#[derive(Clone, Copy)]
pub enum Counted {
    /// It does not count.
    No,
    /// A path that answers with the bare number of all views.
    Plain(&'static str),
    /// As viewtally does: `views` of the only post, or of the whole site.
    Views,
}

/// Something to compare, as declared.
pub struct Contender {
    pub name: &'static str,
    pub about: &'static str,
    /// Appended to the path of a post.
    pub query: &'static str,
    pub counted: Counted,
    /// Whether it can hold more than one post.
    pub many_posts: bool,
    /// Answers 200 once the contender is ready.
    pub ready: &'static str,
    /// Whether its posts are made through `POST /posts`.
    pub seeded: bool,
    /// Builds or installs what is needed, or says what is missing.
    pub prepare: fn(&Workshop) -> Result<Recipe>,
}

/// How a prepared contender is started.
pub struct Recipe {
    pub version: String,
    pub command: Start,
}

/// Makes the command of one start.
pub type Start = Box<dyn Fn(&Launch) -> Result<Command>>;

/// What one start is given.
pub struct Launch<'a> {
    pub port: u16,
    /// A directory of its own, removed afterwards.
    pub dir: &'a Path,
    pub case: &'a Case,
    /// The post to serve, as JSON.
    pub post: PathBuf,
}

impl Launch<'_> {
    /// Gives a peer its port and posts the way they all take them.
    pub fn environment(&self, command: &mut Command) {
        command
            .env("PORT", self.port.to_string())
            .env("POSTS", self.case.posts.to_string())
            .env("POST_FILE", &self.post)
            .env("DATABASE", self.dir.join("posts.db"));
    }
}

/// A contender that can be started.
pub struct Ready {
    pub contender: Contender,
    pub recipe: Recipe,
}

/// A contender that answers; dropping it stops it and removes its files.
pub struct Running {
    // The server is stopped before its directory goes.
    pub server: Server,
    pub dir: Scratch,
    pub port: u16,
    pub posts: usize,
    pub counted: Counted,
}

impl Ready {
    /// Starts the contender with the posts of `case` and waits until it answers.
    pub fn start(&self, case: &Case, workshop: &Workshop) -> Result<Running> {
        let name = self.contender.name;
        let dir = workshop.scratch()?;
        let launch = Launch {
            port: free_port()?,
            dir: dir.path(),
            case,
            post: dir.path().join("post.json"),
        };
        case::write_post(&launch.post, case.body)?;
        let log = dir.path().join("output.log");
        let mut server = Server::start((self.recipe.command)(&launch)?, &log)?;
        wait_ready(&mut server, launch.port, self.contender.ready, &log)
            .with_context(|| format!("{name} did not get ready"))?;
        if self.contender.seeded {
            seed::prepare_posts(launch.port, case.posts, case.body)
                .with_context(|| format!("cannot fill {name}"))?;
        }
        self.check(launch.port, case)?;
        Ok(Running {
            port: launch.port,
            posts: case.posts,
            counted: self.contender.counted,
            server,
            dir,
        })
    }
}

impl Ready {
    /// Asks for the post once: a fast error page is no contender.
    fn check(&self, port: u16, case: &Case) -> Result<()> {
        let reply = Client::new(port, false).get(&format!("/posts/1{}", self.contender.query))?;
        if reply.status != 200 {
            bail!("/posts/1 answered {}: {}", reply.status, reply.text());
        }
        let body = serde_json::from_slice::<Value>(&reply.body)?["body"]
            .as_str()
            .map(str::len);
        if body != Some(case.body) {
            bail!(
                "/posts/1 carries a body of {} bytes instead of {}",
                body.unwrap_or(0),
                case.body
            );
        }
        Ok(())
    }
}

impl Running {
    /// The views counted so far, once the number stands still; `None` when the contender does not count.
    pub fn settled(&self) -> Result<Option<u64>> {
        let deadline = Instant::now() + SETTLES_WITHIN;
        let mut client = Client::new(self.port, true);
        let Some(mut last) = self.count(&mut client)? else {
            return Ok(None);
        };
        loop {
            sleep(SETTLED_AFTER);
            let now = self.count(&mut client)?;
            if now == Some(last) {
                return Ok(now);
            }
            if Instant::now() > deadline {
                bail!(
                    "the number of views still changes after {} s",
                    SETTLES_WITHIN.as_secs()
                );
            }
            last = now.unwrap_or(last);
        }
    }

    /// Waits until at least so many views are counted, or `limit` has passed.
    pub fn reaches(&self, views: u64, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        let mut client = Client::new(self.port, true);
        while self.count(&mut client)?.is_some_and(|now| now < views) && Instant::now() < deadline {
            sleep(SETTLED_AFTER);
        }
        Ok(())
    }

    fn count(&self, client: &mut Client) -> Result<Option<u64>> {
        let path = match self.counted {
            Counted::No => return Ok(None),
            Counted::Plain(path) => path,
            Counted::Views if self.posts == 1 => "/posts/1/views",
            Counted::Views => "/views",
        };
        let reply = client.get(path)?;
        if reply.status != 200 {
            bail!("{path} answered {}: {}", reply.status, reply.text());
        }
        let number = match self.counted {
            Counted::Views => serde_json::from_slice::<Value>(&reply.body)?["views"].as_u64(),
            _ => reply.text().parse().ok(),
        };
        number
            .map(Some)
            .with_context(|| format!("{path} gave no number: {}", reply.text()))
    }
}

/// Waits until `path` answers 200; a failure quotes the end of the log.
pub fn wait_ready(server: &mut Server, port: u16, path: &str, log: &Path) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        let answer = Client::new(port, false).get(path);
        if answer.as_ref().is_ok_and(|reply| reply.status == 200) {
            return Ok(());
        }
        if let Some(status) = server.ended() {
            bail!("it ended with {status}{}", last_words(log));
        }
        if Instant::now() > deadline {
            let seen = answer.map_or_else(
                |error| error.to_string(),
                |reply| format!("status {}", reply.status),
            );
            bail!(
                "{path} is not answered after {} s: {seen}{}",
                READY_WITHIN.as_secs(),
                last_words(log)
            );
        }
        sleep(Duration::from_millis(20));
    }
}

/// The end of a log, for an error message.
pub fn last_words(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(8).collect();
    lines
        .iter()
        .rev()
        .map(|line| format!("\n    {line}"))
        .collect()
}

/// A port nobody listens on just now.
pub fn free_port() -> Result<u16> {
    let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .context("cannot find a free port on loopback")?;
    Ok(probe.local_addr()?.port())
}
