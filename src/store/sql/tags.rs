//! A post's tags as one column: a JSON array in the author's order.

/// The column of some tags.
pub fn to_text(tags: &[String]) -> String {
    serde_json::Value::from(tags).to_string()
}

/// The tags of a column. A text that this program did not write holds no tags.
pub fn from_text(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}
