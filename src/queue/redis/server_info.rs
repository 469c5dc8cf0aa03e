//! What a server tells of itself.

/// The first version with `XTRIM … MINID`.
const OLDEST: (u32, u32) = (6, 2);

/// The parts of a server's `INFO` that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerInfo {
    /// What tells this run of the server from others: the number that its process gave itself, and that of the history
    /// of its data, which a replica changes when it takes over. Empty where neither is told.
    pub run: String,
    /// Why messages may be lost there, or not be deleted, and what to try.
    pub doubts: Vec<&'static str>,
}

impl ServerInfo {
    pub(super) fn parse(info: &str) -> ServerInfo {
        let field = |name: &str| {
            let mut lines = info.lines().filter_map(|line| line.split_once(':'));
            let found = lines.find(|(field, _)| *field == name);
            found.map(|(_, value)| value.trim())
        };
        let number = |name| field(name).unwrap_or_default().chars().take(10);
        let mut doubts = Vec::new();
        if field("redis_version")
            .and_then(version)
            .is_some_and(|version| version < OLDEST)
        {
            doubts.push("it is older than Redis 6.2, so that what is applied is never deleted");
        }
        let has_replica = field("connected_slaves").is_some_and(|number| number != "0");
        if field("aof_enabled") == Some("0") && !has_replica {
            doubts.push(
                "it keeps what it accepts in memory alone and loses it when it ends; try appendonly yes with appendfsync \
                 always, or replicas and ?replicas=1",
            );
        }
        let has_limit = field("maxmemory").is_some_and(|bytes| bytes != "0");
        if has_limit
            && field("maxmemory_policy").is_some_and(|policy| policy.starts_with("allkeys"))
        {
            doubts.push(
                "it deletes streams when its memory is full; try maxmemory-policy noeviction",
            );
        }
        ServerInfo {
            run: number("run_id").chain(number("master_replid")).collect(),
            doubts,
        }
    }
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_a_process_with_a_history() {
        let info = "# Server\r\nrun_id:0123456789abcdef\r\nmaster_replid:fedcba9876543210\r\n";
        assert_eq!(ServerInfo::parse(info).run, "0123456789fedcba9876");
        assert_eq!(ServerInfo::parse(""), ServerInfo::default());
    }

    #[test]
    fn servers_that_may_lose_messages_are_doubted() {
        let doubts = |info: &str| ServerInfo::parse(info).doubts.join(";");
        assert_eq!(
            doubts("redis_version:7.0.15\r\naof_enabled:1\r\nmaxmemory:0\r\n"),
            ""
        );
        assert_eq!(doubts("aof_enabled:0\r\nconnected_slaves:1\r\n"), "");
        assert!(doubts("aof_enabled:0\r\nconnected_slaves:0\r\n").contains("appendonly"));
        assert!(doubts("redis_version:6.0.16\r\n").contains("6.2"));
        let full = "maxmemory:1000\r\nmaxmemory_policy:allkeys-lru\r\n";
        assert!(doubts(full).contains("noeviction"));
        assert_eq!(
            doubts("maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n"),
            ""
        );
        assert_eq!(
            doubts("maxmemory:9\r\nmaxmemory_policy:volatile-lru\r\n"),
            ""
        );
    }
}
