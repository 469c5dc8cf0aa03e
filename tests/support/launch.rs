//! The real executable started as a server, with the flags a test wants.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use super::home::{Home, executable, without_settings};
use super::process::{Finished, Running, Signal};
use super::server::Server;
use super::{WAIT_LIMIT, until, until_within};

/// A server about to start.
pub struct Launch<'a> {
    home: &'a Home,
    command: Option<&'a str>,
    flags: Vec<String>,
    env: Vec<(String, String)>,
    descriptors: Option<u32>,
    entry: Vec<String>,
}

impl<'a> Launch<'a> {
    pub(super) fn new(home: &'a Home, command: Option<&'a str>) -> Self {
        Self {
            home,
            command,
            flags: Vec::new(),
            env: Vec::new(),
            descriptors: None,
            entry: Vec::new(),
        }
    }

    /// Adds a flag and its value; a later one replaces an earlier one of the same name.
    pub fn flag(self, name: &str, value: &str) -> Self {
        let mut launch = self.without(name);
        launch.flags.extend([name.to_owned(), value.to_owned()]);
        launch
    }

    /// Adds several.
    pub fn flags(self, flags: &[(&str, &str)]) -> Self {
        flags
            .iter()
            .fold(self, |launch, (name, value)| launch.flag(name, value))
    }

    /// Puts the command's name, or another word, after the flags so far.
    pub fn then(mut self, word: &str) -> Self {
        self.flags.push(word.to_owned());
        self
    }

    /// Takes a flag back.
    pub fn without(mut self, name: &str) -> Self {
        if let Some(at) = self.flags.iter().position(|known| known == name) {
            self.flags.drain(at..at + 2);
        }
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts under this limit of open descriptors, soft and hard.
    pub fn descriptors(mut self, limit: u32) -> Self {
        self.descriptors = Some(limit);
        self
    }

    /// Starts by way of this command, which runs what is named behind it in its own place.
    #[cfg(feature = "postgres")]
    pub fn entering(mut self, command: &[String]) -> Self {
        self.entry = command.to_vec();
        self
    }

    /// Starts and waits until it listens.
    pub fn start(self) -> Server {
        self.start_within(WAIT_LIMIT)
    }

    /// As [`Launch::start`], with another limit: for a start that has minutes of work to do.
    pub fn start_within(self, limit: Duration) -> Server {
        self.try_start_within(limit)
            .unwrap_or_else(|said| panic!("the server ended at start: {said}"))
    }

    /// The same for a start that may fail: what it wrote to stderr if it ended.
    pub fn try_start_within(self, limit: Duration) -> Result<Server, String> {
        let start = Instant::now();
        let running = self.spawn();
        let (mut address, mut is_over) = (None, false);
        until_within(limit, "the server listens", || {
            // In this order: what it said before its end counts.
            is_over = running.is_over();
            address = listening_on(&running.stdout.text());
            address.is_some() || is_over
        });
        let started_in = start.elapsed();
        match address {
            Some(address) => Ok(Server {
                running,
                address,
                started_in,
            }),
            None => Err(running.wait(limit).stderr),
        }
    }

    /// Starts what is expected to end by itself.
    pub fn run(self) -> Finished {
        self.spawn().wait(WAIT_LIMIT)
    }

    /// Starts what may refuse to start; stops it if it does not.
    pub fn run_or_stop(self) -> Finished {
        let running = self.spawn();
        until("the server listens or ends", || {
            listening_on(&running.stdout.text()).is_some() || running.is_over()
        });
        running.signal(Signal::Int);
        running.wait(WAIT_LIMIT)
    }

    fn spawn(self) -> Running {
        let mut command = match (self.entry.split_first(), self.descriptors) {
            (Some((entry, rest)), _) => {
                let mut entry = Command::new(entry);
                entry.args(rest).arg(env!("CARGO_BIN_EXE_viewtally"));
                without_settings(&mut entry);
                entry
            }
            (None, None) => executable(),
            (None, Some(limit)) => {
                let mut shell = Command::new("sh");
                shell.args([
                    "-c",
                    &format!("ulimit -n {limit}; exec \"$0\" \"$@\""),
                    env!("CARGO_BIN_EXE_viewtally"),
                ]);
                without_settings(&mut shell);
                shell
            }
        };
        command
            .args(self.command)
            .args(self.flags)
            .envs(self.env)
            .current_dir(self.home.path());
        Running::spawn(command)
    }
}

fn listening_on(stdout: &str) -> Option<SocketAddr> {
    let (_, rest) = stdout.split_once("listening on http://")?;
    let (address, _) = rest.split_once('\n')?;
    Some(
        address
            .trim()
            .trim_end_matches('/')
            .parse()
            .expect("an address after `listening on`"),
    )
}
