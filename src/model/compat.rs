//! The counters whose protocols can be answered, so that pages made for them go on as they are.

/// A counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompatSystem {
    /// busuanzi, the original and those that are hosted by oneself.
    Busuanzi,
    /// vercount.
    Vercount,
    /// Waline's counter of views.
    Waline,
    /// LeanCloud's storage, as themes count in it.
    LeanCloud,
    /// GoatCounter.
    GoatCounter,
}

impl CompatSystem {
    /// All of them.
    pub const ALL: [CompatSystem; 5] = [
        CompatSystem::Busuanzi,
        CompatSystem::Vercount,
        CompatSystem::Waline,
        CompatSystem::LeanCloud,
        CompatSystem::GoatCounter,
    ];

    /// The name in `--compat`.
    pub fn name(self) -> &'static str {
        match self {
            CompatSystem::Busuanzi => "busuanzi",
            CompatSystem::Vercount => "vercount",
            CompatSystem::Waline => "waline",
            CompatSystem::LeanCloud => "leancloud",
            CompatSystem::GoatCounter => "goatcounter",
        }
    }
}

/// Some of the counters, perhaps none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompatSystems(Vec<CompatSystem>);

impl CompatSystems {
    /// The counters of a list of names, or of `all`; `None` where a name is of none.
    pub fn parse(list: &str) -> Option<CompatSystems> {
        let mut found = Vec::new();
        for name in list.split(',').map(str::trim) {
            match CompatSystem::ALL
                .iter()
                .find(|system| system.name() == name)
            {
                Some(system) => found.push(*system),
                None if name == "all" => found.extend(CompatSystem::ALL),
                None => return None,
            }
        }
        Some(CompatSystems(found))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is this.
    pub fn has(&self, system: CompatSystem) -> bool {
        self.0.contains(&system)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_named_or_all() {
        let some = CompatSystems::parse("waline, leancloud").unwrap();
        assert!(some.has(CompatSystem::Waline) && some.has(CompatSystem::LeanCloud));
        assert!(!some.has(CompatSystem::Busuanzi) && !some.is_empty());
        let all = CompatSystems::parse("all").unwrap();
        assert!(CompatSystem::ALL.iter().all(|system| all.has(*system)));
        for wrong in ["", "none", "waline,", "Waline"] {
            assert_eq!(CompatSystems::parse(wrong), None, "{wrong}");
        }
        assert!(CompatSystems::default().is_empty());
    }
}
