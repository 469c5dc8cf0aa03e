//! The Debian package: built, and looked into.

use std::process::Command;

use crate::support::{Home, missing};

use super::file;

fn run(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_package_has_program_units_manual_and_completions() {
    if Command::new("dpkg-deb").arg("--version").output().is_err() {
        return missing("dpkg-deb");
    }
    let home = Home::new();
    let built = run(Command::new("sh")
        .arg(file("deb.sh"))
        .arg(env!("CARGO_BIN_EXE_viewtally"))
        .arg(home.path()))
    .expect("sh");
    let package = built.trim();
    let control = run(Command::new("dpkg-deb").args(["--info", package])).expect("dpkg-deb");
    for word in [
        "Package: viewtally",
        concat!("Version: ", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(control.contains(word), "{control}");
    }
    let content = run(Command::new("dpkg-deb").args(["--contents", package])).expect("dpkg-deb");
    for name in [
        "./usr/bin/viewtally",
        "./usr/lib/systemd/system/viewtally.service",
        "./usr/lib/systemd/system/viewtally.socket",
        "./usr/share/man/man1/viewtally.1.gz",
        "./usr/share/bash-completion/completions/viewtally",
        "./usr/share/zsh/vendor-completions/_viewtally",
        "./usr/share/fish/vendor_completions.d/viewtally.fish",
        "./usr/share/doc/viewtally/examples/nginx.conf",
    ] {
        let line = content.lines().find(|line| line.ends_with(name));
        let line = line.unwrap_or_else(|| panic!("{name} is not in {content}"));
        assert!(line.contains("root/root"), "{line}");
    }
    // What is in it runs.
    let folder = home.path().join("unpacked");
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .arg(package)
        .arg(&folder))
    .expect("dpkg-deb");
    let version = run(Command::new(folder.join("usr/bin/viewtally")).arg("-V")).expect("it runs");
    assert!(version.starts_with("viewtally "), "{version}");
}
