//! What the fields of a correction may hold, whether they come as JSON or from a form.

/// The longest reason, in characters.
const MAX_REASON: usize = 500;

/// A reason without space around it.
///
/// # Errors
/// What a reason must be.
pub fn reason(text: &str) -> Result<String, String> {
    let reason = text.trim();
    match reason.chars().count() {
        1..=MAX_REASON => Ok(reason.to_owned()),
        _ => Err(format!(
            "reason must say in 1 to {MAX_REASON} characters why the number changes"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_trimmed_and_bounded() {
        assert_eq!(reason(" a crawler "), Ok("a crawler".to_owned()));
        assert!(reason(&"한".repeat(MAX_REASON)).is_ok());
        assert!(reason(" ").is_err() && reason(&"a".repeat(MAX_REASON + 1)).is_err());
    }
}
