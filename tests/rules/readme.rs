//! README held true: its examples run as written, its copy of `--help` is the real one.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Home, missing};

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).expect("README.md")
}

/// The fenced blocks whose info string starts with one of these words.
fn blocks(text: &str, kinds: &[&str]) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        let block: Vec<&str> = lines
            .by_ref()
            .take_while(|line| !line.trim_start().starts_with("```"))
            .collect();
        if kinds.contains(&info.split_whitespace().next().unwrap_or_default()) {
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

/// The commands of a block that start with `curl` or set a variable, with the lines that continue them.
fn curls(block: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut open = false;
    for line in block.lines() {
        let bare = line
            .strip_prefix("$ ")
            .or_else(|| line.strip_prefix("> "))
            .unwrap_or(line);
        if (bare.starts_with("curl ") || sets_a_variable(bare)) && !open {
            commands.push(bare.to_owned());
        } else if let Some(command) = commands.last_mut().filter(|_| open) {
            command.push('\n');
            command.push_str(bare);
        } else {
            continue;
        }
        // A command goes on after a backslash and inside a quotation.
        let command = commands.last().expect("just pushed");
        open = command.ends_with('\\') || command.matches('\'').count() % 2 == 1;
    }
    commands
}

/// Whether a line is as `TOKEN=$(cat data/token)` is.
fn sets_a_variable(line: &str) -> bool {
    let (name, _) = line.split_once('=').unwrap_or_default();
    !name.is_empty()
        && name
            .chars()
            .all(|sign| sign.is_ascii_uppercase() || sign == '_')
}

/// The folder of posts that `make run` imports, wherever the Makefile says it is.
fn samples() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let makefile = std::fs::read_to_string(root.join("Makefile")).expect("Makefile");
    let path = makefile
        .split_once("--import ")
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .expect("`make run` imports a folder");
    let folder = root.join(path);
    assert!(folder.is_dir(), "{} is no folder", folder.display());
    folder
}

#[test]
fn curl_examples_run_as_written() {
    let text = readme();
    if Command::new("curl").arg("--version").output().is_err() {
        missing("there is no curl on PATH (on Debian: apt-get install curl)");
        return;
    }
    let home = Home::new();
    // As `make run` starts it: the store in data/, and no token given.
    let server = home
        .serve()
        .without("--token")
        .flag("--store", "sqlite:data/viewtally.db")
        .flag("--import", &samples().to_string_lossy())
        .flag("--site", "https://example.org")
        .start();
    let address = server.address.to_string();
    let commands: Vec<String> = blocks(&text, &["console", "sh", "bash"])
        .iter()
        .flat_map(|block| curls(block))
        .collect();
    assert!(!commands.is_empty(), "README has no curl examples");
    let mut variables = String::new();
    for command in commands {
        if sets_a_variable(&command) {
            variables += &format!("{command}\n");
            continue;
        }
        let local = command
            .replace("localhost:8080", &address)
            .replace("127.0.0.1:8080", &address);
        if !local.contains(&address) {
            println!("not ours: {command}");
            continue;
        }
        // `-f` is added so that an error answer fails the example.
        let local = local.replacen("curl ", "curl -f --no-progress-meter --max-time 20 ", 1);
        let local = variables.clone() + &local;
        let output = Command::new("sh")
            .args(["-c", &local])
            .current_dir(home.path())
            .output()
            .expect("sh runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{command}\n{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// An answer without the time it was given at.
fn without_time(answer: &str) -> String {
    match answer.split_once("\"as_of\":\"") {
        Some((before, time)) => {
            let rest = time.split_once('"').map_or("", |(_, rest)| rest);
            format!("{before}{rest}")
        }
        None => answer.to_owned(),
    }
}

#[test]
fn the_first_steps_print_what_is_written() {
    let text = readme();
    if Command::new("curl").arg("--version").output().is_err() {
        missing("there is no curl on PATH (on Debian: apt-get install curl)");
        return;
    }
    let home = Home::new();
    let samples = samples().to_string_lossy().into_owned();
    let server = home.serve().flag("--import", &samples).start();
    let steps = blocks(&text, &["console"]).swap_remove(0);
    let (mut commands, mut expected) = (String::new(), Vec::new());
    for line in steps.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => commands += &format!("{command} && echo\n"),
            None => expected.push(without_time(line)),
        }
    }
    let commands = commands.replace("localhost:8080", &server.address.to_string());
    let output = Command::new("sh")
        .args(["-c", &commands])
        .output()
        .expect("sh runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let said: Vec<String> = said
        .lines()
        .map(|line| without_time(line.trim_end()))
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(said, expected);
    assert!(
        said.iter().any(|line| line.contains("\"views\":1,")),
        "{said:?}"
    );
}

#[test]
fn the_copy_of_help_is_the_real_one() {
    let text = readme();
    let home = Home::new();
    let helps =
        [&["--help"][..], &["serve", "--help"]].map(|arguments| home.run_bare(arguments).stdout);
    let plain = |text: &str| {
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
            .trim()
            .to_owned()
    };
    let blocks = blocks(&text, &["text", "console", "sh", ""]);
    let copies: Vec<String> = blocks
        .iter()
        .filter(|block| block.contains("Usage: viewtally"))
        .map(|block| plain(block))
        .collect();
    assert!(!copies.is_empty(), "README has no copy of --help");
    for copy in copies {
        // A copy may begin with the command that prints it.
        let shown = if copy.starts_with("$ ") {
            copy.split_once('\n').map_or("", |(_, rest)| rest)
        } else {
            &copy
        };
        assert!(
            helps.iter().any(|help| plain(help) == plain(shown)),
            "README's copy differs from --help:\n{shown}"
        );
    }
}

#[test]
fn every_picture_is_there() {
    let text = readme();
    let pictures: Vec<&str> = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|path| path.starts_with("tests/"))
        .collect();
    assert!(pictures.len() >= 3, "{pictures:?}");
    for path in pictures {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        assert!(file.exists(), "{path} is not there");
    }
}

#[test]
fn every_flag_is_in_the_readme() {
    let text = readme();
    let help = Home::new().run_bare(&["serve", "--help"]).stdout;
    let flags = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"));
    for flag in flags.map(|flag| flag.trim_end_matches(|sign: char| !sign.is_alphanumeric())) {
        let flag = flag.split(['=', '[', '<']).next().unwrap_or(flag);
        assert!(text.contains(flag), "{flag} is not in README.md");
    }
}

#[test]
fn blocks_and_commands_are_found() {
    let text = "a\n```console\n$ TOKEN=$(cat data/token)\n$ curl -d '{\n  \"a\": 1}' \\\n    x\nanswer\n$ curl y\n```\n```rust\ncurl z\n```\n";
    let found: Vec<String> = blocks(text, &["console"])
        .iter()
        .flat_map(|block| curls(block))
        .collect();
    assert_eq!(
        found,
        [
            "TOKEN=$(cat data/token)",
            "curl -d '{\n  \"a\": 1}' \\\n    x",
            "curl y"
        ]
    );
}
