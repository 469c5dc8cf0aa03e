//! What `--version` says.

use std::sync::LazyLock;

use crate::store;

/// Features of this build that change what it can do.
const FEATURES: [(&str, bool); 1] = [("internals", cfg!(feature = "internals"))];

/// The version, the commit it was built from, the database's version, and the features built in.
pub(super) static LONG: LazyLock<String> = LazyLock::new(|| {
    let commit = match env!("VIEWTALLY_COMMIT") {
        "" => "unknown",
        commit => commit,
    };
    let features: Vec<&str> = FEATURES
        .iter()
        .filter_map(|&(name, is_on)| is_on.then_some(name))
        .collect();
    let features = match features.as_slice() {
        [] => "none".to_owned(),
        features => features.join(", "),
    };
    format!(
        "{}\ncommit: {commit}\ndatabase: {}\nfeatures: {features}",
        env!("CARGO_PKG_VERSION"),
        store::engine()
    )
});
