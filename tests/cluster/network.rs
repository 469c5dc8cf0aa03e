//! A network of its own for a server: two wires lead to it, and each can be cut.

use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use crate::support::{is_root, missing};

/// A network namespace; gone, wires and all, with the test process and the servers in it.
pub struct Network {
    /// Ends when its input does, which this holds open.
    holder: Child,
    wires: u8,
    /// Two bytes that tell its addresses and its wires from another's.
    number: [u8; 2],
}

/// A wire between the tests' network and another.
pub struct Wire {
    name: String,
    /// The address at the tests' end, and at the other.
    pub here: Ipv4Addr,
    pub there: Ipv4Addr,
}

impl Network {
    /// `None` where this user may make none: the test is skipped.
    pub fn new() -> Option<Self> {
        let mut network = None;
        if is_root() {
            network = Self::try_new();
        }
        if network.is_none() {
            missing(
                "there are no network namespaces (run as root, with CAP_NET_ADMIN, unshare and ip)",
            );
        }
        network
    }

    fn try_new() -> Option<Self> {
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        // Its line comes from within.
        let mut line = [0];
        let output = holder.stdout.as_mut().expect("piped");
        let is_there = std::io::Read::read(output, &mut line).is_ok_and(|read| read == 1);
        let network = Self {
            holder,
            wires: 0,
            number: [fastrand::u8(..128), fastrand::u8(..)],
        };
        let loopback = is_there && network.run_inside(&["ip", "link", "set", "lo", "up"]);
        loopback.then_some(network)
    }

    /// Lays a wire to it; `None` where that is refused.
    pub fn wire(&mut self) -> Option<Wire> {
        let [high, low] = self.number;
        let name = format!("vt{high:02x}{low:02x}{}", self.wires);
        let end = format!("{name}i");
        // Of 198.18.0.0/15, which RFC 2544 keeps for tests of networks.
        let subnet = (low & 0x3f) << 2;
        let [here, there] =
            [1, 2].map(|last| Ipv4Addr::new(198, 18 + self.wires % 2, high, subnet | last));
        self.wires += 1;
        let (pid, near, far) = (
            self.holder.id().to_string(),
            format!("{here}/30"),
            format!("{there}/30"),
        );
        let is_laid = ip(&[
            "link", "add", &name, "type", "veth", "peer", "name", &end, "netns", &pid,
        ]) && ip(&["addr", "add", &near, "dev", &name])
            && ip(&["link", "set", &name, "up"])
            && self.run_inside(&["ip", "addr", "add", &far, "dev", &end])
            && self.run_inside(&["ip", "link", "set", &end, "up"]);
        if !is_laid {
            missing("no wire can be laid to a network namespace (run as root, with CAP_NET_ADMIN)");
        }
        is_laid.then_some(Wire { name, here, there })
    }

    /// What a command is run by to be in it.
    pub fn enter(&self) -> Vec<String> {
        let namespace = format!("--net=/proc/{}/ns/net", self.holder.id());
        vec!["nsenter".to_owned(), namespace]
    }

    fn run_inside(&self, command: &[&str]) -> bool {
        let enter = self.enter();
        let status = Command::new(&enter[0])
            .args(&enter[1..])
            .args(command)
            .status();
        status.is_ok_and(|status| status.success())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

impl Wire {
    /// From here on nothing passes, and neither end is told.
    pub fn cut(&self) {
        assert!(ip(&["link", "set", &self.name, "down"]), "it is cut");
    }

    pub fn mend(&self) {
        assert!(ip(&["link", "set", &self.name, "up"]), "it is mended");
    }
}

fn ip(arguments: &[&str]) -> bool {
    let status = Command::new("ip").args(arguments).status();
    status.is_ok_and(|status| status.success())
}
