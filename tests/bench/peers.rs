//! What people would use instead, each built from `tests/bench/peers/` and started as its own users start it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::contender::{Contender, Counted, Launch, Recipe};
use crate::workshop::Workshop;
use crate::{case, proc, python};

pub const AXUM: &str = "axum";
pub const GO_CHANNEL: &str = "go-channel";
pub const GO_PREPARED: &str = "go-prepared";
pub const NGINX: &str = "nginx";

const BUILD_LIMIT: Duration = Duration::from_secs(180);
/// Optimising a whole program across its crates takes minutes on a slow machine.
const CARGO_LIMIT: Duration = Duration::from_secs(900);
/// nginx refuses one word of its configuration beyond 4 KB.
const NGINX_WORD: usize = 3000;

pub fn contenders() -> Vec<Contender> {
    let peer = |name, about, many_posts, prepare| Contender {
        name,
        about,
        query: "",
        counted: Counted::Plain("/count"),
        many_posts,
        ready: "/count",
        seeded: false,
        prepare,
    };
    vec![
        peer(
            AXUM,
            "axum on tokio and mimalloc, bounded channel and one counting task, in memory",
            true,
            axum,
        ),
        peer(
            GO_CHANNEL,
            "Go net/http, the essay's goroutine, channel and adder, in memory",
            true,
            go_channel,
        ),
        peer(
            GO_PREPARED,
            "the same, each post's JSON made once at start",
            true,
            go_prepared,
        ),
        peer(
            "go-mutex",
            "Go net/http, a map behind a mutex, in memory",
            true,
            go_mutex,
        ),
        peer(
            "node-naive",
            "Node http, read, add one and write, in memory",
            true,
            node,
        ),
        peer(
            "flask",
            "Flask on gunicorn, one UPDATE in each request, SQLite",
            false,
            flask,
        ),
        peer(
            "django-hitcount",
            "Django on gunicorn with the published dj-hitcount, SQLite",
            false,
            django,
        ),
        Contender {
            counted: Counted::No,
            ready: "/posts/1",
            ..peer(NGINX, "nginx answering a constant: the floor", false, nginx)
        },
    ]
}

fn go_channel(workshop: &Workshop) -> Result<Recipe> {
    go(workshop, GO_CHANNEL)
}

fn go_prepared(workshop: &Workshop) -> Result<Recipe> {
    go(workshop, GO_PREPARED)
}

fn go_mutex(workshop: &Workshop) -> Result<Recipe> {
    go(workshop, "go-mutex")
}

fn go(workshop: &Workshop, name: &str) -> Result<Recipe> {
    let version = workshop.version("go", "version", "golang-go")?;
    let program = workshop.built(name);
    let mut build = Command::new("go");
    build
        .args(["build", "-o"])
        .arg(&program)
        .arg(workshop.source(name).join("main.go"));
    succeed(build, BUILD_LIMIT)?;
    Ok(started_with_environment(version, move |_| {
        Command::new(&program)
    }))
}

fn axum(workshop: &Workshop) -> Result<Recipe> {
    // Cargo tells the benches it runs which one it is.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let source = workshop.source(AXUM);
    let target = workshop.built(AXUM);
    let mut build = Command::new(cargo);
    build
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--manifest-path",
        ])
        .arg(source.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    succeed(build, CARGO_LIMIT)?;
    let version = locked_version(&source.join("Cargo.lock"), AXUM)?;
    let program = target.join("release/axum-channel");
    Ok(started_with_environment(version, move |_| {
        Command::new(&program)
    }))
}

/// `name version` of a package, from the lock file it was built with.
fn locked_version(lock: &Path, package: &str) -> Result<String> {
    let text =
        fs::read_to_string(lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let name = format!("name = \"{package}\"");
    let version = text
        .lines()
        .skip_while(|line| *line != name)
        .find_map(|line| line.strip_prefix("version = "));
    let version = version.with_context(|| format!("{} has no {package}", lock.display()))?;
    Ok(format!("{package} {}", version.trim_matches('"')))
}

fn node(workshop: &Workshop) -> Result<Recipe> {
    let version = format!("node {}", workshop.version("node", "--version", "nodejs")?);
    let script = workshop.source("node-naive").join("server.js");
    Ok(started_with_environment(version, move |_| {
        let mut command = Command::new("node");
        command.arg(&script).env("NODE_ENV", "production");
        command
    }))
}

fn flask(workshop: &Workshop) -> Result<Recipe> {
    python::gunicorn(workshop, "flask", "app:app")
}

fn django(workshop: &Workshop) -> Result<Recipe> {
    python::gunicorn(workshop, "django-hitcount", "wsgi:application")
}

fn nginx(workshop: &Workshop) -> Result<Recipe> {
    // Where Debian keeps it is not on everyone's path.
    let program = ["nginx", "/usr/sbin/nginx"]
        .into_iter()
        .find(|name| workshop.version(name, "-v", "nginx").is_ok());
    let Some(program) = program else {
        bail!("nginx is not installed; try: apt-get install nginx-light")
    };
    Ok(Recipe {
        version: workshop
            .version(program, "-v", "nginx")?
            .replace("nginx version: ", ""),
        command: Box::new(move |launch: &Launch| {
            let file = launch.dir.join("nginx.conf");
            fs::write(&file, nginx_configuration(launch))?;
            let mut command = Command::new(program);
            command
                .arg("-p")
                .arg(launch.dir)
                .arg("-c")
                .arg(&file)
                .args(["-e", "stderr"]);
            Ok(command)
        }),
    })
}

/// The whole answer stands in the configuration, in pieces small enough for nginx's reader.
fn nginx_configuration(launch: &Launch) -> String {
    let Value::Object(fields) = case::post(launch.case.body) else {
        unreachable!("a post is an object")
    };
    let mut post = serde_json::Map::from_iter([("id".to_owned(), json!(1))]);
    post.extend(fields);
    post.insert("views".to_owned(), json!(0));
    let text = Value::Object(post).to_string();
    let pieces: Vec<&str> = (0..text.len())
        .step_by(NGINX_WORD)
        .map(|from| &text[from..(from + NGINX_WORD).min(text.len())])
        .collect();
    let set: String = pieces
        .iter()
        .enumerate()
        .map(|(index, piece)| format!("      set $piece{index} '{piece}';\n"))
        .collect();
    let all: String = (0..pieces.len())
        .map(|index| format!("${{piece{index}}}"))
        .collect();
    let connections = launch.case.connections + 64;
    let port = launch.port;
    format!(
        "daemon off;\npid nginx.pid;\nworker_processes auto;\nerror_log stderr warn;\n\
         events {{ worker_connections {connections}; }}\n\
         http {{\n  access_log off;\n  keepalive_requests 1000000000;\n  default_type application/json;\n  \
         client_body_temp_path body;\n  proxy_temp_path proxy;\n  fastcgi_temp_path fastcgi;\n  \
         uwsgi_temp_path uwsgi;\n  scgi_temp_path scgi;\n  \
         server {{\n    listen 127.0.0.1:{port};\n    location = /posts/1 {{\n{set}      return 200 \"{all}\";\n    }}\n  }}\n}}\n"
    )
}

/// A recipe whose command takes port and posts from its environment.
pub fn started_with_environment(
    version: String,
    command: impl Fn(&Launch) -> Command + 'static,
) -> Recipe {
    Recipe {
        version,
        command: Box::new(move |launch: &Launch| {
            let mut command = command(launch);
            launch.environment(&mut command);
            Ok(command)
        }),
    }
}

/// Runs a command that must succeed and gives what it printed.
pub fn succeed(command: Command, limit: Duration) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = proc::output(command, limit)?;
    if !out.status.success() {
        let text = String::from_utf8_lossy(&out.stderr);
        bail!(
            "{name} ended with {}: {}",
            out.status,
            text.lines().last().unwrap_or_default()
        );
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}
