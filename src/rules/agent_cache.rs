//! User agents classified lately, and their verdicts.

use super::bot::BotRule;

/// How many agents are kept.
const KEPT: usize = 64;

/// Longer agents are classified each time, in bytes: what is kept is bounded by this and [`KEPT`].
const MAX_LENGTH: usize = 512;

/// User agents classified lately, and their verdicts. Classifying costs half a microsecond, and few agents send most
/// requests. One thread's own.
#[derive(Debug, Default)]
pub struct AgentCache(Vec<(String, bool)>);

impl AgentCache {
    /// As [`BotRule::is_bot`].
    pub fn is_bot(&mut self, rule: &BotRule, agent: &str) -> bool {
        // An empty agent declares nothing. It is not compared either: empty strings point nowhere, and there the C
        // library's memcmp for AVX-512 takes 80 ns to compare no bytes (measured).
        if agent.is_empty() {
            return false;
        }
        let known = self.0.iter().position(|(known, _)| known == agent);
        if let Some(place) = known {
            let (_, is_bot) = self.0[place];
            // Frequent agents move to the front.
            self.0.swap(place, place / 2);
            return is_bot;
        }
        let is_bot = rule.is_bot(agent);
        if agent.len() <= MAX_LENGTH {
            self.0.truncate(KEPT - 1);
            self.0.push((agent.to_owned(), is_bot));
        }
        is_bot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_agent_gets_its_own_verdict_whatever_came_before() {
        let (rule, mut cache) = (BotRule::new(), AgentCache::default());
        let long = format!("Googlebot/2.1 {}", "x".repeat(MAX_LENGTH));
        for agent in [
            "curl/8",
            "Googlebot/2.1",
            "Googlebot/2.1",
            "",
            &long,
            "curl/8",
            &long,
        ] {
            assert_eq!(cache.is_bot(&rule, agent), rule.is_bot(agent), "{agent}");
        }
        assert_eq!(cache.0.len(), 2, "the long one is not kept");
        for number in 0..2 * KEPT {
            assert!(!cache.is_bot(&rule, &format!("curl/{number}")));
        }
        assert_eq!(cache.0.len(), KEPT);
    }
}
