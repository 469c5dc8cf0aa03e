//! Environment variables, by Amazon's names.

use std::collections::HashMap;
use std::path::PathBuf;

use super::keys::Credentials;

/// The variables that there were when the program connected; empty ones are none.
pub(super) struct Variables(HashMap<String, String>);

impl Variables {
    /// Those of this process that concern credentials.
    pub(super) fn of_process() -> Variables {
        let concerns = |name: &str| name.starts_with("AWS_") || name == "HOME";
        let all = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| concerns(name))?;
            Some((name, value.into_string().ok()?))
        });
        Variables::new(all)
    }

    pub(super) fn new(all: impl IntoIterator<Item = (String, String)>) -> Variables {
        let is_set = |(_, value): &(String, String)| !value.trim().is_empty();
        Variables(all.into_iter().filter(is_set).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim())
    }

    /// A file that a variable names, or one in the user's folder.
    pub(super) fn file(&self, name: &str, in_home: &str) -> Option<PathBuf> {
        match self.get(name) {
            Some(path) => Some(PathBuf::from(path)),
            None => Some(PathBuf::from(self.get("HOME")?).join(in_home)),
        }
    }

    /// The keys that stand there themselves.
    pub(super) fn credentials(&self) -> Option<Credentials> {
        Some(Credentials {
            access_key: self.get("AWS_ACCESS_KEY_ID")?.to_owned(),
            secret: self.get("AWS_SECRET_ACCESS_KEY")?.to_owned(),
            token: self.get("AWS_SESSION_TOKEN").map(str::to_owned),
            expires: None,
        })
    }
}
