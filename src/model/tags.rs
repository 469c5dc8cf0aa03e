//! A post's tags.

use std::collections::HashSet;

/// The tags without repetitions, in their first order. Linear, however many there are.
#[must_use]
pub fn distinct_tags(tags: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    tags.into_iter()
        .filter(|tag| seen.insert(tag.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tag_is_kept_once_where_it_first_stood() {
        let tags = ["b", "a", "b", "B", "a"].map(str::to_owned);
        assert_eq!(distinct_tags(tags), ["b", "a", "B"]);
    }
}
